//! What the command line does beside serving.

mod certificate;
pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod health;
pub(crate) mod keys;
mod settings;
pub(crate) mod token;

use certificate::Certificate;
pub(crate) use settings::Settings;
