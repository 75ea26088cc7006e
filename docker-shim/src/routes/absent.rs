//! What this server does not have: containers, networks, volumes, plugins, a swarm, builds.
//!
//! The exact texts matter. `docker inspect IMAGE` looks for a container first and goes on only after a 404, or after a text with
//! "not supported" in it; cleanup jobs list and prune everything.

use http::{HeaderMap, StatusCode, header};

use crate::{
    answer::{self, Answer, Body},
    error::Failure,
    router::Call,
};

const NOT_IN_A_SWARM: &str = concat!(
    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" ",
    "to connect this node to swarm and try again."
);
pub(crate) const NO_CONTAINERS: &str = "containers are not supported by this server";

/// Answers a call that no image service is needed for.
pub(crate) fn absent(call: Call<'_>, headers: &HeaderMap, query: Option<&str>) -> Result<Answer, Failure> {
    Err(match call {
        Call::Options => return Ok(answer::plain(StatusCode::OK, Body::Empty)),
        Call::ContainerList | Call::NetworkList | Call::PluginList => return Ok(answer::fixed("[]\n")),
        Call::VolumeList => return Ok(answer::fixed("{\"Volumes\":[],\"Warnings\":null}\n")),
        Call::ContainerPrune => {
            return Ok(answer::fixed("{\"ContainersDeleted\":null,\"SpaceReclaimed\":0}\n"));
        }
        Call::NetworkPrune => return Ok(answer::fixed("{\"NetworksDeleted\":null}\n")),
        Call::VolumePrune => return Ok(answer::fixed("{\"VolumesDeleted\":null,\"SpaceReclaimed\":0}\n")),
        Call::BuildPrune => return Ok(answer::fixed("{\"CachesDeleted\":null,\"SpaceReclaimed\":0}\n")),
        Call::Container { id } => Failure::not_found(format!("No such container: {id}")),
        Call::Commit => Failure::not_found(format!("No such container: {}", committed(query)?)),
        Call::Exec { id } => Failure::not_found(format!("No such exec instance: {id}")),
        Call::Network { id } => Failure::not_found(format!("network {id} not found")),
        Call::Volume { name } => Failure::not_found(format!("get {name}: no such volume")),
        Call::Plugin { name } => Failure::not_found(format!("plugin \"{name}\" not found")),
        Call::Swarm => Failure::new(StatusCode::SERVICE_UNAVAILABLE, NOT_IN_A_SWARM),
        Call::Upgrade if !headers.contains_key(header::UPGRADE) => {
            Failure::invalid("no upgrade proto in request")
        }
        other => Failure::unsupported(lacking(other)),
    })
}

fn lacking(call: Call<'_>) -> &'static str {
    match call {
        Call::SystemDf => "disk usage is not supported by this server: it keeps no layers",
        Call::ImagePrune => "pruning images is not supported by this server",
        Call::ImageSearch => "searching registries is not supported by this server",
        Call::Build => "image builds are not supported by this server",
        Call::Upgrade => "BuildKit sessions are not supported by this server",
        Call::NetworkCreate => "networks are not supported by this server",
        Call::VolumeCreate => "volumes are not supported by this server",
        Call::PluginInstall => "plugins are not supported by this server",
        _ => "this request is not supported by this server",
    }
}

fn committed(query: Option<&str>) -> Result<String, Failure> {
    Ok(crate::query::Query::parse(query)?.text("container").to_owned())
}
