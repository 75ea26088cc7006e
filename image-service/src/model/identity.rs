//! Who calls, what they may do, and what they are recognised by.

use std::{fmt, str::FromStr};

use super::image::Namespace;

/// What a caller may do. Each role may do what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Sees what its namespace has. No call of it asks a registry.
    Reader,
    /// Fetches: from registries, with the credentials of its namespace or its own.
    Puller,
    /// Changes the images and the names of its namespace, and pushes.
    Loader,
    /// Changes the credentials of its namespace, too.
    Admin,
    /// Runs the service: what belongs to no namespace, such as the service's own identity at AWS.
    Operator,
}

impl Role {
    /// Each role, the least first.
    pub const ALL: [Self; 5] = [Self::Reader, Self::Puller, Self::Loader, Self::Admin, Self::Operator];

    /// As configuration has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Puller => "puller",
            Self::Loader => "loader",
            Self::Admin => "admin",
            Self::Operator => "operator",
        }
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let role = Self::ALL.into_iter().find(|role| role.as_str() == text);
        role.ok_or("a role is reader, puller, loader, admin or operator")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who calls: the identity by which the service knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// For logs and refusals.
    pub name: Box<str>,
    /// Where they work.
    pub namespace: Namespace,
    /// What they may do there.
    pub role: Role,
}

impl Caller {
    /// Whoever reaches a service that asks nobody who they are.
    #[must_use]
    pub fn anyone() -> Self {
        Self { name: "anyone".into(), namespace: Namespace::default(), role: Role::Operator }
    }
}

/// A name in a certificate, written as OpenSSL prints it: `CN:runner-1`, `DNS:runner-1.example.com`, `URI:spiffe://example.com/runner`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CertificateName {
    /// The common name of the subject.
    Common(Box<str>),
    /// A DNS name of the subject's alternative names. Lower case.
    Dns(Box<str>),
    /// A URI of the subject's alternative names.
    Uri(Box<str>),
}

impl CertificateName {
    /// A DNS name in any case.
    #[must_use]
    pub fn dns(name: &str) -> Self {
        Self::Dns(name.to_ascii_lowercase().into())
    }
}

impl FromStr for CertificateName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((_, "")) | None => Err("write CN:NAME, DNS:NAME or URI:URI"),
            Some(("CN", name)) => Ok(Self::Common(name.into())),
            Some(("DNS", name)) => Ok(Self::dns(name)),
            Some(("URI", uri)) => Ok(Self::Uri(uri.into())),
            Some(_) => Err("write CN:NAME, DNS:NAME or URI:URI"),
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common(name) => write!(f, "CN:{name}"),
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Uri(uri) => write!(f, "URI:{uri}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written_and_ordered() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!(Role::ALL.is_sorted());
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn names_of_certificates_say_what_they_are() {
        for text in ["CN:runner-1", "DNS:runner-1.example.com", "URI:spiffe://example.com/ci"] {
            assert_eq!(text.parse::<CertificateName>().unwrap().to_string(), text);
        }
        assert_eq!("DNS:Runner".parse::<CertificateName>(), Ok(CertificateName::dns("runner")));
        for text in ["runner-1", "CN:", "cn:runner", "IP:127.0.0.1", ""] {
            assert!(text.parse::<CertificateName>().is_err(), "{text}");
        }
    }
}
