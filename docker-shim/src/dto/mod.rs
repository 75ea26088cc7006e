//! Docker's JSON shapes. Member order is Docker's own, as the raw captures show it.

pub(crate) mod auth;
pub(crate) mod container_config;
pub(crate) mod distribution;
pub(crate) mod event;
pub(crate) mod image_history;
pub(crate) mod image_inspect;
pub(crate) mod image_list;
pub(crate) mod image_remove;
pub(crate) mod info;
pub(crate) mod progress;
pub(crate) mod version;
