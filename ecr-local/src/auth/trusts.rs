//! Who may assume which role. There are no roles here, so each that is named is there: its own account may assume it, and whoever was said
//! to be trusted.

use super::identity_provider::IdentityProvider;

/// What roles trust.
#[derive(Default, Debug)]
pub(crate) struct Trusts {
    /// Roles by ARN, each with an account of twelve digits or the issuer of tokens.
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) providers: Vec<IdentityProvider>,
    /// Issuers, each with a client that its tokens may be for.
    pub(crate) clients: Vec<(String, String)>,
}

impl Trusts {
    /// Whether a role trusts an account or an issuer.
    pub(crate) fn allows(&self, role: &str, principal: &str) -> bool {
        self.pairs.iter().any(|(trusting, trusted)| trusting == role && trusted == principal)
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
