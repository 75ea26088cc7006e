//! Who may assume which role. There are no roles here, so each that is named is there: its own account may assume it, and whoever was said
//! to be trusted.

use super::identity_provider::IdentityProvider;
use crate::model::wildcard_matches;

/// Whom a role trusts.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// The ARN of the role.
    pub(crate) role: String,
    /// An account of twelve digits, or the issuer of tokens.
    pub(crate) principal: String,
    /// A pattern of the subjects of an issuer that are meant. All of them, if there is none.
    pub(crate) subject: Option<String>,
}

/// What roles trust.
#[derive(Default, Debug)]
pub(crate) struct Trusts {
    pub(crate) roles: Vec<Trust>,
    pub(crate) providers: Vec<IdentityProvider>,
    /// Issuers, each with a client that its tokens may be for.
    pub(crate) clients: Vec<(String, String)>,
}

impl Trusts {
    /// Whether a role trusts an account, or an issuer with what it says of a subject.
    pub(crate) fn allows(&self, role: &str, principal: &str, subject: Option<&str>) -> bool {
        let mut trusts = self.roles.iter().filter(|trust| trust.role == role && trust.principal == principal);
        trusts.any(|trust| {
            let takes = |pattern: &String| subject.is_some_and(|subject| wildcard_matches(pattern, subject));
            trust.subject.as_ref().is_none_or(takes)
        })
    }

    /// Whether tokens of an issuer are taken that are for these clients: for any, unless it was said for which.
    pub(crate) fn takes(&self, issuer: &str, audiences: &[String]) -> bool {
        let mut clients = self.clients.iter().filter(|(of, _)| of == issuer).peekable();
        clients.peek().is_none() || clients.any(|(_, client)| audiences.contains(client))
    }

    /// The provider that issues tokens under this name.
    pub(crate) fn provider(&self, issuer: &str) -> Option<&IdentityProvider> {
        self.providers.iter().find(|provider| provider.issuer == issuer)
    }
}
