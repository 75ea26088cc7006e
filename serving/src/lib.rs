//! What each program here needs to serve, whatever it serves: a socket, places for connections, patience with clients, files that change,
//! signals, and signs of life.
//!
//! Invariant: no client and no lack of file descriptors ends the taking of connections.

mod accepted;
mod fresh;
mod inherited;
mod lately;
mod patience;
mod places;
pub mod service_manager;
mod shutdown;
mod socket;

pub use accepted::accepted;
pub use fresh::Fresh;
pub use inherited::Inherited;
pub use lately::Lately;
pub use patience::Patience;
pub use places::{Place, Places, unavailable};
pub use shutdown::Shutdown;
pub use socket::Socket;
