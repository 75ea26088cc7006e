//! The gRPC protocol of the image service. The `.proto` files beside this crate are its manual.

mod redacted;

/// `ecr.v1`: Amazon ECR and ECR Public.
pub mod ecr {
    /// The first version.
    pub mod v1 {
        #![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated code")]
        tonic::include_proto!("ecr.v1");

        /// `google.rpc.ErrorInfo.domain` of an error that a call of AWS ended in.
        pub const ERROR_DOMAIN: &str = "ecr.v1";
    }
}

/// `imageservice.v1`: images, credentials and the service itself.
pub mod v1 {
    #![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated code")]
    tonic::include_proto!("imageservice.v1");
}

/// The encoded descriptors of every file, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/imageservice.bin"));

/// `google.rpc.ErrorInfo.domain` of every error that the service answers, but for those of `ecr::v1`.
pub const ERROR_DOMAIN: &str = "imageservice.v1";
