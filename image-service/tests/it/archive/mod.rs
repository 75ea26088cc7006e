//! Archives as they come from programs and from people who mean ill: read in one pass, verified, bounded.

mod compression;
mod damaged;
mod docker_archive;
mod foreign;
mod hostile;
mod legacy;
mod limits;
mod links;
mod oci_layout;
mod random;
mod recognised;
mod root;
mod save;
mod world;
