use rcgen::{CertificateParams, DnType, KeyPair, SanType};

use super::*;

fn read(common: Option<&str>, names: Vec<SanType>) -> Vec<String> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "CN of nothing");
    if let Some(common) = common {
        params.distinguished_name.push(DnType::CommonName, common);
    }
    params.subject_alt_names = names;
    let leaf = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let Peer::Certified(certificate) = Peer::of_chain(&[leaf.der().clone()]) else {
        panic!("no certificate")
    };
    certificate.names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_certificate_tells_its_common_name_and_its_alternative_names() {
    let names = vec![
        SanType::DnsName("Runner-1.example.com".try_into().unwrap()),
        SanType::URI("spiffe://example.com/ci".try_into().unwrap()),
        SanType::Rfc822Name("runner@example.com".try_into().unwrap()),
    ];
    let expected = ["CN:Runner 1", "DNS:runner-1.example.com", "URI:spiffe://example.com/ci"];
    assert_eq!(read(Some("Runner 1"), names), expected);
}

#[test]
fn a_certificate_without_names_is_nobodys() {
    assert_eq!(read(None, Vec::new()), Vec::<String>::new());
    assert_eq!(read(Some("ä"), Vec::new()), ["CN:ä"]);
}

#[test]
fn no_chain_says_nothing() {
    assert!(matches!(Peer::of_chain(&[]), Peer::Unknown));
}
