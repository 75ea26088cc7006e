//! What the command line does beside serving.

pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod health;
pub(crate) mod keys;
mod settings;
pub(crate) mod token;

pub(crate) use settings::Settings;
