//! Temporary credentials as clients get and use them.

mod credentials;
mod roles;
mod sdk;
mod stage;
mod web_identity;
