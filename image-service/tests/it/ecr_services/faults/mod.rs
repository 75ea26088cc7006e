//! Every call of every service, with everything that can go wrong at each operation of AWS's that it makes: what the caller is told, how often AWS is
//! asked, and that nothing is changed half-way.
//!
//! The calls come from the protocol's descriptors, the operations from the adapter's table, the exceptions from botocore's service models: what is
//! new in any of them fails here until somebody has decided what it means.

mod agreed;
mod calls;
mod matrix;
mod modelled;
mod once;
mod seeded;

use std::collections::BTreeSet;

use image_service::ecr::Operation;
use imageservice_proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::FileDescriptorSet;

use calls::CALLS;

/// In the adapter's table, and made by no call of these services: when an image is pushed, or when the service starts.
const MADE_BY_NO_CALL: [Operation; 2] = [Operation::CreateRepository, Operation::DescribeTaskDefinition];

#[test]
fn no_call_and_no_operation_is_forgotten() {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file.into_iter();
    let services = files.filter(|file| file.package() == "ecr.v1").flat_map(|file| file.service);
    let told: BTreeSet<_> = services
        .flat_map(|service| {
            let methods = service.method.clone();
            methods.into_iter().map(move |method| format!("{}/{}", service.name(), method.name()))
        })
        .collect();
    let here: BTreeSet<_> = CALLS.iter().map(calls::Call::name).collect();
    assert_eq!(here, told);

    let made = CALLS.iter().flat_map(|call| call.operations).chain(&MADE_BY_NO_CALL);
    let made: BTreeSet<_> = made.map(|operation| operation.key()).collect();
    let all: BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.key()).collect();
    assert_eq!(made, all);
}

macro_rules! services {
    ($($service:ident $test:ident;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                matrix::tell(stringify!($service)).await;
            }
        )*

        #[test]
        fn no_service_is_forgotten() {
            let here = BTreeSet::from([$(stringify!($service)),*]);
            assert_eq!(CALLS.iter().map(|call| call.service).collect::<BTreeSet<_>>(), here);
        }
    };
}

services! {
    AuthService what_goes_wrong_with_passwords;
    ImageService what_goes_wrong_with_images;
    ManifestService what_goes_wrong_with_manifests;
    PublicRegistryService what_goes_wrong_with_public_registries;
    ReplicationService what_goes_wrong_with_replication;
    RepositoryService what_goes_wrong_with_repositories;
    ScanService what_goes_wrong_with_scans;
}
