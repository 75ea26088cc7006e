//! The gRPC face: decode, call one operation, encode. No decision is made here.

mod access;
mod archives;
mod connections;
mod convert;
mod credentials;
mod door;
mod ecr;
mod events;
mod gathering;
mod images;
mod keys;
mod listen;
mod methods;
mod patience;
mod push;
mod serve;
mod similarity;
mod status;
mod system;

use access::namespace_of;
pub use access::{Identities, RULES, Rule};
pub use door::Door;
pub use serve::serve;
