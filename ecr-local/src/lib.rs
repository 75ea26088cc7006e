//! A local ECR: OCI distribution over content-addressed files.
