//! The gRPC protocol of the image service. The `.proto` files beside this crate are its manual.

/// `imageservice.v1`: images, credentials and the service itself.
pub mod v1 {
    #![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated code")]
    tonic::include_proto!("imageservice.v1");
}

/// The encoded descriptors of every file, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/imageservice.bin"));

/// `google.rpc.ErrorInfo.domain` of every error that the service answers.
pub const ERROR_DOMAIN: &str = "imageservice.v1";
