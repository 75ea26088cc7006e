//! The calls that there are, for those who count calls.

use imageservice_proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use telemetry::grpc::Known;

use super::access::is_known;

/// The call that is made most often by far.
const INSPECT: &str = "/imageservice.v1.Images/Inspect";

/// Every call of this service, of its health and of its reflection.
pub(super) fn known() -> anyhow::Result<Known> {
    let mut paths = told(FILE_DESCRIPTOR_SET)?;
    paths.extend(paths_of_others()?);
    Ok(Known::new(paths.into_iter(), INSPECT, is_known))
}

fn paths_of_others() -> anyhow::Result<Vec<String>> {
    let mut paths = told(tonic_health::pb::FILE_DESCRIPTOR_SET)?;
    paths.extend(told(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)?);
    paths.extend(told(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)?);
    Ok(paths)
}

fn told(descriptors: &[u8]) -> anyhow::Result<Vec<String>> {
    let files = FileDescriptorSet::decode(descriptors)?.file;
    let services = files.into_iter().flat_map(|file| {
        let package = file.package().to_owned();
        file.service.into_iter().map(move |service| (package.clone(), service))
    });
    let paths = services.flat_map(|(package, service)| {
        let prefix = format!("/{package}.{}", service.name());
        service.method.into_iter().map(move |method| format!("{prefix}/{}", method.name()))
    });
    Ok(paths.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_known_by_its_path() {
        let mut known = told(FILE_DESCRIPTOR_SET).unwrap();
        known.extend(paths_of_others().unwrap());
        for path in [
            INSPECT,
            "/ecr.v1.ScanService/WaitForScan",
            "/grpc.health.v1.Health/Check",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ] {
            assert!(known.iter().any(|known| known == path), "{path} in {known:#?}");
        }
    }
}
