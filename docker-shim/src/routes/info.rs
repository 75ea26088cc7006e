//! `GET /info`. The platform is the one that containers get, not the one of this host.

use imageservice_proto::v1::{InfoResponse, Platform};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    answer::{self, Answer},
    dto::info::{Commit, InfoAnswer, Plugins, RegistryConfig, Swarm},
    engine,
    error::Failure,
    service::Shim,
};

pub(crate) async fn info(shim: &Shim) -> Result<Answer, Failure> {
    let info = shim.upstream.info().await?;
    answer::json(&render(&info, OffsetDateTime::now_utc()))
}

fn render(info: &InfoResponse, now: OffsetDateTime) -> InfoAnswer<'_> {
    let platform = info.default_platform.as_ref();
    InfoAnswer {
        id: &info.id,
        containers: 0,
        containers_running: 0,
        containers_paused: 0,
        containers_stopped: 0,
        images: info.images,
        driver: engine::STORAGE,
        driver_status: vec![
            ["Store".to_owned(), info.store.clone()],
            ["Image service".to_owned(), info.version.clone()],
        ],
        plugins: Plugins::default(),
        memory_limit: true,
        swap_limit: true,
        cpu_cfs_period: true,
        cpu_cfs_quota: true,
        cpu_shares: true,
        cpu_set: true,
        pids_limit: true,
        ipv4_forwarding: true,
        debug: false,
        n_fd: 0,
        oom_kill_disable: false,
        n_goroutines: 0,
        system_time: now.format(&Rfc3339).unwrap_or_default(),
        logging_driver: "none",
        cgroup_driver: "none",
        n_events_listener: 0,
        kernel_version: "",
        operating_system: engine::STORAGE,
        os_version: platform.map_or("", |platform| platform.os_version.as_str()),
        os_type: platform.map_or("linux", |platform| platform.os.as_str()),
        architecture: platform.map_or("x86_64", kernel_architecture),
        index_server_address: "https://index.docker.io/v1/",
        registry_config: RegistryConfig::default(),
        n_cpu: 0,
        mem_total: 0,
        generic_resources: None,
        docker_root_dir: "",
        http_proxy: "",
        https_proxy: "",
        no_proxy: "",
        name: engine::STORAGE,
        labels: [],
        experimental_build: false,
        server_version: engine::VERSION,
        runtimes: [].into(),
        default_runtime: "",
        swarm: Swarm {
            node_id: "",
            node_addr: "",
            local_node_state: "inactive",
            control_available: false,
            error: "",
            remote_managers: None,
        },
        live_restore_enabled: false,
        isolation: "",
        init_binary: "",
        containerd_commit: Commit::default(),
        runc_commit: Commit::default(),
        init_commit: Commit::default(),
        security_options: [],
        warnings: None,
    }
}

/// `uname -m` of a machine of the platform; CI runners choose their helper image by it.
fn kernel_architecture(platform: &Platform) -> &str {
    match (platform.architecture.as_str(), platform.variant.as_str()) {
        ("amd64", _) => "x86_64",
        ("arm64", _) => "aarch64",
        ("386", _) => "i686",
        ("arm", "v6") => "armv6l",
        ("arm", "v5") => "armv5l",
        ("arm", _) => "armv7l",
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_platform_is_written_as_its_kernel_does() {
        for (architecture, variant, expected) in [
            ("amd64", "", "x86_64"),
            ("arm64", "v8", "aarch64"),
            ("arm", "v7", "armv7l"),
            ("arm", "v6", "armv6l"),
            ("s390x", "", "s390x"),
        ] {
            let platform = Platform {
                os: "linux".to_owned(),
                architecture: architecture.to_owned(),
                variant: variant.to_owned(),
                ..Platform::default()
            };
            let info =
                InfoResponse { default_platform: Some(platform), images: 3, ..InfoResponse::default() };
            let answer = render(&info, OffsetDateTime::UNIX_EPOCH);
            assert_eq!((answer.os_type, answer.architecture, answer.images), ("linux", expected, 3));
        }
    }
}
