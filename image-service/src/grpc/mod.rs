//! The gRPC face: decode, call one operation, encode. No decision is made here.

mod archives;
mod convert;
mod credentials;
mod ecr;
mod gathering;
mod images;
mod inherited;
mod listen;
mod push;
mod serve;
mod similarity;
mod status;
mod system;

pub use inherited::Inherited;
pub use listen::{Listener, bind};
pub use serve::serve;

use crate::model::Namespace;

/// The namespace that a caller works in. Identities come with the authentication of callers; until then there is one.
fn namespace_of<T>(_request: &tonic::Request<T>) -> Namespace {
    Namespace::default()
}
