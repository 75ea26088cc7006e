//! The answer of `GET /info`: what clients read of it. Nothing here describes this host, as no container runs on it.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InfoAnswer<'a> {
    #[serde(rename = "ID")]
    pub(crate) id: &'a str,
    pub(crate) containers: i64,
    pub(crate) containers_running: i64,
    pub(crate) containers_paused: i64,
    pub(crate) containers_stopped: i64,
    pub(crate) images: i64,
    pub(crate) driver: &'static str,
    pub(crate) driver_status: Vec<[String; 2]>,
    pub(crate) plugins: Plugins,
    pub(crate) memory_limit: bool,
    pub(crate) swap_limit: bool,
    pub(crate) cpu_cfs_period: bool,
    pub(crate) cpu_cfs_quota: bool,
    #[serde(rename = "CPUShares")]
    pub(crate) cpu_shares: bool,
    #[serde(rename = "CPUSet")]
    pub(crate) cpu_set: bool,
    pub(crate) pids_limit: bool,
    #[serde(rename = "IPv4Forwarding")]
    pub(crate) ipv4_forwarding: bool,
    pub(crate) debug: bool,
    pub(crate) n_fd: i64,
    pub(crate) oom_kill_disable: bool,
    pub(crate) n_goroutines: i64,
    pub(crate) system_time: String,
    pub(crate) logging_driver: &'static str,
    pub(crate) cgroup_driver: &'static str,
    pub(crate) n_events_listener: i64,
    pub(crate) kernel_version: &'static str,
    pub(crate) operating_system: &'static str,
    #[serde(rename = "OSVersion")]
    pub(crate) os_version: &'a str,
    #[serde(rename = "OSType")]
    pub(crate) os_type: &'a str,
    pub(crate) architecture: &'a str,
    pub(crate) index_server_address: &'static str,
    pub(crate) registry_config: RegistryConfig,
    #[serde(rename = "NCPU")]
    pub(crate) n_cpu: i64,
    pub(crate) mem_total: i64,
    pub(crate) generic_resources: Option<()>,
    pub(crate) docker_root_dir: &'static str,
    pub(crate) http_proxy: &'static str,
    pub(crate) https_proxy: &'static str,
    pub(crate) no_proxy: &'static str,
    pub(crate) name: &'static str,
    pub(crate) labels: [String; 0],
    pub(crate) experimental_build: bool,
    pub(crate) server_version: &'static str,
    pub(crate) runtimes: BTreeMap<String, ()>,
    pub(crate) default_runtime: &'static str,
    pub(crate) swarm: Swarm,
    pub(crate) live_restore_enabled: bool,
    pub(crate) isolation: &'static str,
    pub(crate) init_binary: &'static str,
    pub(crate) containerd_commit: Commit,
    pub(crate) runc_commit: Commit,
    pub(crate) init_commit: Commit,
    pub(crate) security_options: [String; 0],
    pub(crate) warnings: Option<()>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Plugins {
    pub(crate) volume: [String; 0],
    pub(crate) network: [String; 0],
    pub(crate) authorization: Option<()>,
    pub(crate) log: [String; 0],
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RegistryConfig {
    #[serde(rename = "InsecureRegistryCIDRs")]
    pub(crate) insecure_registry_cidrs: [String; 0],
    pub(crate) index_configs: BTreeMap<String, ()>,
    pub(crate) mirrors: [String; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Swarm {
    #[serde(rename = "NodeID")]
    pub(crate) node_id: &'static str,
    pub(crate) node_addr: &'static str,
    pub(crate) local_node_state: &'static str,
    pub(crate) control_available: bool,
    pub(crate) error: &'static str,
    pub(crate) remote_managers: Option<()>,
}

#[derive(Serialize, Default)]
pub(crate) struct Commit {
    #[serde(rename = "ID")]
    pub(crate) id: &'static str,
    #[serde(rename = "Expected")]
    pub(crate) expected: &'static str,
}
