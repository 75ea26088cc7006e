//! What kind of network an address belongs to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kinds that make a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressClass {
    /// Of the internet.
    Public,
    /// This machine.
    Loopback,
    /// RFC 1918 and unique local addresses.
    Private,
    /// RFC 3927 and fe80::/10; most clouds' metadata services are among them.
    LinkLocal,
    /// RFC 6598; Alibaba's metadata service is among them.
    CarrierGrade,
    /// A cloud's metadata service outside the ranges above.
    Metadata,
    /// No host: unspecified, multicast, broadcast, reserved.
    NoHost,
}

impl AddressClass {
    /// The kind of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// As a clause.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::CarrierGrade => "a carrier-grade NAT address",
            Self::Metadata => "a metadata service's address",
            Self::NoHost => "not the address of a host",
        }
    }
}

fn of_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [192, 168, ..] | [198, 18 | 19, ..] => AddressClass::Private,
        [172, second, ..] if second & 0xf0 == 16 => AddressClass::Private,
        [169, 254, ..] => AddressClass::LinkLocal,
        [100, second, ..] if second & 0xc0 == 64 => AddressClass::CarrierGrade,
        // Azure's host agent; Oracle's metadata service is in 192.0.0.0/24.
        [168, 63, 129, 16] | [192, 0, 0, _] => AddressClass::Metadata,
        [0, ..] | [224..=255, ..] => AddressClass::NoHost,
        _ => AddressClass::Public,
    }
}

/// A form that carries an IPv4 address is what that address is.
fn of_v6(address: Ipv6Addr) -> AddressClass {
    let s = address.segments();
    match s {
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::NoHost,
        // IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // 6to4
        | [0x2002, high, low, ..] => of_v4(joined(high, low)),
        // Teredo hides the address inverted.
        [0x2001, 0, _, _, _, _, high, low] => of_v4(joined(!high, !low)),
        // Where a local NAT64 prefix carries the address is its operator's choice.
        [0x64, 0xff9b, 1, ..] => AddressClass::NoHost,
        // AWS and Google
        [0xfd00, 0xec2, ..] | [0xfd20, 0xce, ..] => AddressClass::Metadata,
        [first, ..] => match first {
            0xfe80..=0xfebf => AddressClass::LinkLocal,
            0xfc00..=0xfdff | 0xfec0..=0xfeff => AddressClass::Private,
            0xff00..=0xffff => AddressClass::NoHost,
            _ => AddressClass::Public,
        },
    }
}

const fn joined(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_has_the_class_of_the_address() {
        for (class, addresses) in [
            (
                AddressClass::Public,
                &["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"][..],
            ),
            (
                AddressClass::Loopback,
                &["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
            ),
            (
                AddressClass::Private,
                &["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fd12::1", "::ffff:10.0.0.1"],
            ),
            (
                AddressClass::LinkLocal,
                &[
                    "169.254.169.254",
                    "169.254.170.2",
                    "fe80::1",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a9fe:a9fe",
                    "2002:a9fe:a9fe::1",
                    "::169.254.169.254",
                    "2001:0:1:2:3:4:5601:5601",
                ],
            ),
            (AddressClass::CarrierGrade, &["100.64.0.1", "100.100.100.200", "::ffff:100.100.100.200"]),
            (
                AddressClass::Metadata,
                &["fd00:ec2::254", "fd00:ec2::23", "168.63.129.16", "192.0.0.192", "fd20:ce::254"],
            ),
            (
                AddressClass::NoHost,
                &["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "64:ff9b:1::1", "240.0.0.1"],
            ),
        ] {
            for address in addresses {
                assert_eq!(AddressClass::of(address.parse().unwrap()), class, "{address}");
            }
        }
    }
}
