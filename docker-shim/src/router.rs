//! From method and path to the call that is meant.
//!
//! Invariant: a pure function of its arguments; every input has an answer.
//! Image names hold slashes and the operation is the last segment, so the names are not split any further here.

mod template;

use http::Method;

use crate::{api_version::ApiVersion, engine, percent};

pub(crate) use template::UNKNOWN_TEMPLATE;

const IMAGE_PRUNE_SINCE: ApiVersion = ApiVersion::new(1, 25);

/// What a request asks for; names are borrowed from the decoded path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call<'p> {
    Options,
    Ping,
    Version,
    Info,
    Auth,
    Events,
    SystemDf,
    ImageList,
    ImageInspect {
        name: &'p str,
    },
    ImageHistory {
        name: &'p str,
    },
    ImageCreate,
    ImageTag {
        name: &'p str,
    },
    ImageRemove {
        name: &'p str,
    },
    ImageLoad,
    /// With the names in the query if it has none.
    ImageSave {
        name: Option<&'p str>,
    },
    ImagePush {
        name: &'p str,
    },
    ImagePrune,
    ImageSearch,
    Distribution {
        name: &'p str,
    },
    Build,
    BuildPrune,
    Upgrade,
    ContainerList,
    ContainerCreate,
    ContainerPrune,
    Container {
        id: &'p str,
    },
    Exec {
        id: &'p str,
    },
    Commit,
    NetworkList,
    NetworkCreate,
    NetworkPrune,
    Network {
        id: &'p str,
    },
    VolumeList,
    VolumeCreate,
    VolumePrune,
    Volume {
        name: &'p str,
    },
    PluginList,
    PluginInstall,
    Plugin {
        name: &'p str,
    },
    Swarm,
}

/// A call and the API version that its answer must have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route<'p> {
    /// As requested; the newest if the path names none.
    pub version: ApiVersion,
    /// What is asked for.
    pub call: Call<'p>,
}

/// Why there is no call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Miss {
    /// No such path, or not with this method: Docker does not tell these apart.
    Unknown,
    /// The path is not in its shortest form, which is this one.
    Moved(String),
    /// An API version above the newest.
    TooNew(String),
    /// An API version below the oldest.
    TooOld(String),
}

/// Finds the call for a method and a percent-decoded path.
pub fn route<'p>(method: &Method, path: &'p str) -> Result<Route<'p>, Miss> {
    if let Some(clean) = shortest(path) {
        return Err(Miss::Moved(percent::encode_path(&clean)));
    }
    let (version, path) = split_version(path);
    let call = match *method {
        Method::GET => get(path),
        Method::POST => post(path),
        Method::DELETE => delete(path),
        Method::PUT => put(path),
        Method::HEAD => (path == "/_ping").then_some(Call::Ping),
        Method::OPTIONS => Some(Call::Options),
        _ => None,
    };
    let call = call.ok_or(Miss::Unknown)?;
    let version = supported(version)?;
    if call == Call::ImagePrune && version < IMAGE_PRUNE_SINCE {
        return Err(Miss::Unknown);
    }
    Ok(Route { version, call })
}

fn get(path: &str) -> Option<Call<'_>> {
    Some(match path {
        "/_ping" => Call::Ping,
        "/version" => Call::Version,
        "/info" => Call::Info,
        "/events" => Call::Events,
        "/system/df" => Call::SystemDf,
        "/images/json" => Call::ImageList,
        "/images/search" => Call::ImageSearch,
        "/images/get" => Call::ImageSave { name: None },
        "/containers/json" => Call::ContainerList,
        "/networks" => Call::NetworkList,
        "/volumes" => Call::VolumeList,
        "/plugins" => Call::PluginList,
        _ => return get_named(path),
    })
}

fn get_named(path: &str) -> Option<Call<'_>> {
    if let Some(tail) = path.strip_prefix("/images/") {
        let (name, operation) = tail.rsplit_once('/')?;
        return match operation {
            "json" => Some(Call::ImageInspect { name }),
            "history" => Some(Call::ImageHistory { name }),
            "get" => Some(Call::ImageSave { name: Some(name) }),
            _ => None,
        };
    }
    let distribution = path.strip_prefix("/distribution/").and_then(|tail| tail.strip_suffix("/json"));
    distribution.map(|name| Call::Distribution { name }).or_else(|| elsewhere(&Method::GET, path))
}

fn post(path: &str) -> Option<Call<'_>> {
    Some(match path {
        "/auth" => Call::Auth,
        "/images/create" => Call::ImageCreate,
        "/images/load" => Call::ImageLoad,
        "/images/prune" => Call::ImagePrune,
        "/build" | "/build/cancel" => Call::Build,
        "/build/prune" => Call::BuildPrune,
        "/session" | "/grpc" => Call::Upgrade,
        "/commit" => Call::Commit,
        "/containers/create" => Call::ContainerCreate,
        "/containers/prune" => Call::ContainerPrune,
        "/networks/create" => Call::NetworkCreate,
        "/networks/prune" => Call::NetworkPrune,
        "/volumes/create" => Call::VolumeCreate,
        "/volumes/prune" => Call::VolumePrune,
        "/plugins/pull" | "/plugins/create" => Call::PluginInstall,
        _ => return post_named(path),
    })
}

fn post_named(path: &str) -> Option<Call<'_>> {
    let Some(tail) = path.strip_prefix("/images/") else { return elsewhere(&Method::POST, path) };
    match tail.rsplit_once('/')? {
        (name, "tag") => Some(Call::ImageTag { name }),
        (name, "push") => Some(Call::ImagePush { name }),
        _ => None,
    }
}

fn delete(path: &str) -> Option<Call<'_>> {
    match path.strip_prefix("/images/") {
        Some(name) => Some(Call::ImageRemove { name }),
        None => elsewhere(&Method::DELETE, path),
    }
}

fn put(path: &str) -> Option<Call<'_>> {
    path.starts_with("/containers/").then(|| elsewhere(&Method::PUT, path)).flatten()
}

/// Objects that this server does not keep. Their names may be those of images, as `docker inspect` asks for a container first.
fn elsewhere<'p>(method: &Method, path: &'p str) -> Option<Call<'p>> {
    let (kind, tail) = path.strip_prefix('/')?.split_once('/').unwrap_or((path.get(1..)?, ""));
    let named = operations(method, kind).iter().find_map(|operation| tail.strip_suffix(operation));
    let named = named.filter(|name| !name.is_empty());
    match kind {
        "containers" => named.map(|id| Call::Container { id }),
        "exec" => named.map(|id| Call::Exec { id }),
        "networks" => named.map(|id| Call::Network { id }),
        "volumes" => named.map(|name| Call::Volume { name }),
        "plugins" => plugin_name(tail).map(|name| Call::Plugin { name }),
        "swarm" | "nodes" | "services" | "tasks" | "secrets" | "configs" => Some(Call::Swarm),
        _ => None,
    }
}

/// What may follow a name; an empty text where the name is all there is.
fn operations(method: &Method, kind: &str) -> &'static [&'static str] {
    match (method.as_str(), kind) {
        ("GET", "containers") => {
            &["/json", "/logs", "/stats", "/top", "/changes", "/export", "/archive", "/attach/ws"]
        }
        ("POST", "containers") => &[
            "/start", "/stop", "/restart", "/kill", "/pause", "/unpause", "/wait", "/attach", "/exec",
            "/resize", "/rename", "/update",
        ],
        ("PUT", "containers") => &["/archive"],
        ("GET", "exec") => &["/json"],
        ("POST", "exec") => &["/start", "/resize"],
        ("POST", "networks") => &["/connect", "/disconnect"],
        ("GET", "networks" | "volumes") | ("DELETE", "containers" | "networks" | "volumes") => &[""],
        _ => &[],
    }
}

/// The names of plugins hold slashes too.
fn plugin_name(tail: &str) -> Option<&str> {
    let operations = ["/json", "/enable", "/disable", "/set", "/upgrade", "/push"];
    let name = operations.iter().find_map(|operation| tail.strip_suffix(operation)).unwrap_or(tail);
    (!name.is_empty()).then_some(name)
}

/// Cuts `/v1.44` off; the rest of such a path starts with a slash.
fn split_version(path: &str) -> (Option<&str>, &str) {
    let Some(tail) = path.strip_prefix("/v") else { return (None, path) };
    let digits = tail.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (version, rest) = tail.split_at(digits);
    if version.is_empty() || !rest.starts_with('/') { (None, path) } else { (Some(version), rest) }
}

fn supported(text: Option<&str>) -> Result<ApiVersion, Miss> {
    let Some(text) = text else { return Ok(engine::API_MAX) };
    match ApiVersion::parse(text) {
        version if version < engine::API_MIN => Err(Miss::TooOld(text.to_owned())),
        version if version > engine::API_MAX => Err(Miss::TooNew(text.to_owned())),
        version => Ok(version),
    }
}

/// The path without empty, `.` and `..` segments, if it has any; a slash at its end stays.
fn shortest(path: &str) -> Option<String> {
    let inner = path.strip_prefix('/')?;
    let bare = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() || !bare.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in inner.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let end = if inner.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    Some(format!("/{}{end}", kept.join("/")))
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;
