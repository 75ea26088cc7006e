//! What the command line does beside serving.

pub(crate) mod config;
pub(crate) mod health;
mod settings;

pub(crate) use settings::Settings;
