//! What both planes send and read, the bodies of requests and of answers; and the connections that these come over.

mod arrivals;
mod body;
mod content;
mod hindrance;
mod xml;

pub(crate) use arrivals::{Arrival, Arrivals, Limits};
pub(crate) use body::{Broken, RequestBody};
pub(crate) use content::{Answer, Content, ErrorCode};
pub(crate) use hindrance::{Hindered, Hindrance};
pub(crate) use xml::{Element, XML, document, refusal};
