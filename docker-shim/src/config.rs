//! Flags and environment variables, and what they leave out.

use std::{
    env,
    ffi::OsString,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clap::{Parser, Subcommand, builder::BoolishValueParser};
use telemetry::logs::LogFormat;

use crate::{
    telemetry_flags::TelemetryFlags,
    upstream::{AuthFiles, ServiceAddress},
};

/// A host runs one shim beside its jobs, so it stays small; two threads keep up with a busy one.
const WORKER_THREADS: usize = 2;
/// A connection is some kilobytes.
const CONNECTIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(1023);
/// Docker's own patience.
const HEAD_SECONDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);
/// A piped archive may pause for as long as its maker thinks, but a client that is gone without a farewell shall not hold its call.
const STALL_SECONDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);
const DRAIN_SECONDS: u32 = 25;
/// Most broken archives show within it, and no client gives up that soon.
const HELD_FOR: Duration = Duration::from_secs(1);

/// Answers Docker API requests on a Unix socket from an image service.
#[derive(Parser, Clone, Debug)]
#[command(name = "docker-shim", version)]
pub struct Flags {
    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The socket for Docker clients, for its owner and group; a folder that is made for it is the owner's alone, so the group needs an
    /// existing one [default: docker.sock in the state folder, $XDG_STATE_HOME/image-service]
    #[arg(long, env = "DOCKER_SHIM_SOCKET", value_name = "PATH", global = true)]
    socket: Option<PathBuf>,
    /// The image service: unix:///PATH, http://HOST:PORT or https://HOST:PORT [default: image-service.sock in the state folder]
    #[arg(long, env = "DOCKER_SHIM_IMAGE_SERVICE", value_name = "URL")]
    image_service: Option<ServiceAddress>,
    /// The certificate authority of an https image service, as PEM [default: those of the system]
    #[arg(long, env = "DOCKER_SHIM_IMAGE_SERVICE_CA", value_name = "FILE")]
    image_service_ca: Option<PathBuf>,
    /// The certificate to show to an https image service, as PEM, leaf first
    #[arg(long, env = "DOCKER_SHIM_IMAGE_SERVICE_CERT", value_name = "FILE", requires = "image_service_key")]
    image_service_cert: Option<PathBuf>,
    /// The key of that certificate, as PEM
    #[arg(long, env = "DOCKER_SHIM_IMAGE_SERVICE_KEY", value_name = "FILE", requires = "image_service_cert")]
    image_service_key: Option<PathBuf>,
    /// The token to show to the image service, over https, a Unix socket or loopback
    #[arg(long, env = "DOCKER_SHIM_IMAGE_SERVICE_TOKEN_FILE", value_name = "FILE")]
    image_service_token_file: Option<PathBuf>,
    /// How log lines look: human, json, or auto, which is human on a terminal and json elsewhere; RUST_LOG chooses which there are
    #[arg(long, env = "DOCKER_SHIM_LOG_FORMAT", value_name = "FORMAT", default_value = "auto")]
    log_format: LogFormat,
    /// Threads that serve requests
    #[arg(long, env = "DOCKER_SHIM_WORKER_THREADS", value_name = "N", default_value_t = WORKER_THREADS, value_parser = worker_threads)]
    worker_threads: usize,
    /// A load tells the ID only of images without a name, as dockerd does; otherwise the ID of every image comes after its names
    #[arg(long, env = "DOCKER_SHIM_LOAD_NAMES_ONLY", value_parser = BoolishValueParser::new())]
    load_names_only: bool,
    /// Connections of clients at once; one more is told to come again
    #[arg(long, env = "DOCKER_SHIM_CONNECTIONS", value_name = "N", default_value_t = CONNECTIONS)]
    connections: NonZeroU32,
    /// Seconds that the head of a request may take, and a connection rest between two
    #[arg(long, env = "DOCKER_SHIM_HEAD_SECONDS", value_name = "SECONDS", default_value_t = HEAD_SECONDS)]
    head_seconds: NonZeroU32,
    /// Seconds in which a client must send some of its request's body, and take some of its answer
    #[arg(long, env = "DOCKER_SHIM_STALL_SECONDS", value_name = "SECONDS", default_value_t = STALL_SECONDS)]
    stall_seconds: NonZeroU32,
    /// Seconds that running requests have when the shim is told to end; when it is told again they have none
    #[arg(long, env = "DOCKER_SHIM_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = DRAIN_SECONDS)]
    drain_seconds: u32,
    #[command(flatten)]
    telemetry: TelemetryFlags,
}

/// What else a shim does.
#[derive(Subcommand, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Say whether a shim answers on the socket
    Health,
}

/// What the flags come to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The socket for Docker clients.
    pub socket: PathBuf,
    /// Where the image service is.
    pub image_service: ServiceAddress,
    /// By what the image service is known, and the shim to it.
    pub auth: AuthFiles,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Threads that serve requests.
    pub worker_threads: usize,
    /// How loads are answered.
    pub loads: LoadAnswers,
    /// Who gets traces and metrics.
    pub telemetry: telemetry::Settings,
    /// What clients may take up.
    pub limits: Limits,
}

/// What clients may take up, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: u32,
    /// For the head of a request, and between two of one connection.
    pub head: Duration,
    /// For some of a body to come, or to be taken.
    pub stall: Duration,
    /// For running requests, at the end.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = |seconds: NonZeroU32| Duration::from_secs(seconds.get().into());
        Self {
            connections: CONNECTIONS.get(),
            head: seconds(HEAD_SECONDS),
            stall: seconds(STALL_SECONDS),
            drain: Duration::from_secs(DRAIN_SECONDS.into()),
        }
    }
}

/// How loads are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadAnswers {
    /// For that long an error can still become the status.
    pub held_for: Duration,
    /// An image that has names has no line with its ID.
    pub names_only: bool,
}

impl Flags {
    /// The socket for Docker clients: all that whoever asks for a shim's health has to know.
    pub fn socket(&self) -> anyhow::Result<PathBuf> {
        self.socket_in(own_folder().as_deref())
    }

    /// Fills in the defaults.
    pub fn settle(self) -> anyhow::Result<Settings> {
        self.settle_in(own_folder().as_deref())
    }

    fn socket_in(&self, folder: Option<&Path>) -> anyhow::Result<PathBuf> {
        self.socket.clone().map_or_else(|| within(folder, "docker.sock"), Ok)
    }

    fn settle_in(self, folder: Option<&Path>) -> anyhow::Result<Settings> {
        Ok(Settings {
            socket: self.socket_in(folder)?,
            image_service: match self.image_service {
                Some(address) => address,
                None => ServiceAddress::Unix(within(folder, "image-service.sock")?),
            },
            auth: AuthFiles {
                ca: self.image_service_ca,
                certificate: self.image_service_cert.zip(self.image_service_key),
                token: self.image_service_token_file,
            },
            log_format: self.log_format,
            worker_threads: self.worker_threads,
            loads: LoadAnswers { held_for: HELD_FOR, names_only: self.load_names_only },
            telemetry: self.telemetry.settings()?,
            limits: Limits {
                connections: self.connections.get(),
                head: Duration::from_secs(self.head_seconds.get().into()),
                stall: Duration::from_secs(self.stall_seconds.get().into()),
                drain: Duration::from_secs(self.drain_seconds.into()),
            },
        })
    }
}

fn within(folder: Option<&Path>, name: &str) -> anyhow::Result<PathBuf> {
    let folder = folder.context("neither XDG_STATE_HOME nor HOME is set: name the sockets by flags")?;
    Ok(folder.join(name))
}

fn own_folder() -> Option<PathBuf> {
    state_folder(env::var_os("XDG_STATE_HOME"), env::var_os("HOME"))
}

/// XDG Base Directory Specification: a relative path is to be ignored.
fn state_folder(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.map(PathBuf::from).filter(|path| path.is_absolute());
    let base = xdg.or_else(|| home.map(|home| home.join(".local/state")))?;
    Some(base.join("image-service"))
}

fn worker_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=64) => Ok(threads),
        _ => Err("expected a number from 1 to 64".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(args: &[&str], folder: Option<&str>) -> anyhow::Result<Settings> {
        let args = ["docker-shim"].iter().chain(args);
        Flags::try_parse_from(args)?.settle_in(folder.map(Path::new))
    }

    #[test]
    fn both_sockets_are_in_the_state_folder() {
        let settings = settle(&[], Some("/s/image-service")).unwrap();
        assert_eq!(settings.socket, PathBuf::from("/s/image-service/docker.sock"));
        assert_eq!(settings.image_service.to_string(), "unix:///s/image-service/image-service.sock");
        assert_eq!((settings.worker_threads, settings.log_format), (2, LogFormat::Auto));
        assert_eq!(settings.limits, Limits::default());
        assert_eq!(settings.loads, LoadAnswers { held_for: Duration::from_secs(1), names_only: false });
    }

    #[test]
    fn the_state_folder_follows_xdg() {
        let folder =
            |xdg: Option<&str>, home: Option<&str>| state_folder(xdg.map(Into::into), home.map(Into::into));
        assert_eq!(folder(Some("/x"), Some("/h")), Some("/x/image-service".into()));
        assert_eq!(folder(None, Some("/h")), Some("/h/.local/state/image-service".into()));
        assert_eq!(folder(Some("relative"), Some("/h")), Some("/h/.local/state/image-service".into()));
        assert_eq!(folder(None, None), None);
    }

    #[test]
    fn without_a_state_folder_the_flags_are_needed() {
        assert!(settle(&[], None).is_err());
        let flags = ["--socket", "/d.sock", "--image-service", "https://images.example:443"];
        assert_eq!(settle(&flags, None).unwrap().image_service.to_string(), "https://images.example:443/");
    }

    #[test]
    fn ids_of_images_with_names_are_told_unless_the_flag_says_otherwise() {
        assert!(settle(&["--load-names-only"], Some("/s")).unwrap().loads.names_only);
    }

    #[test]
    fn mistakes_are_refused() {
        for flags in [
            ["--image-service", "ftp://x"],
            ["--worker-threads", "0"],
            ["--connections", "0"],
            ["--stall-seconds", "0"],
            ["--log-format", "xml"],
            ["--image-service-cert", "/alone"],
            ["--image-service-key", "/alone"],
        ] {
            assert!(settle(&flags, Some("/s")).is_err(), "{flags:?}");
        }
    }
}
