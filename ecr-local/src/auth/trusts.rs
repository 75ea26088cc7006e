//! Who may assume which role. There are no roles here, so each that is named is there: its own account may assume it, and whoever was said
//! to be trusted.

use super::identity_provider::IdentityProvider;

/// What roles trust.
#[derive(Default, Debug)]
pub(crate) struct Trusts {
    /// Roles by ARN, each with an account of twelve digits or the issuer of tokens.
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) providers: Vec<IdentityProvider>,
}

impl Trusts {
    /// Whether a role trusts an account or an issuer.
    pub(crate) fn allows(&self, role: &str, principal: &str) -> bool {
        self.pairs.iter().any(|(trusting, trusted)| trusting == role && trusted == principal)
    }

    /// The provider that issues tokens under this name.
    pub(crate) fn provider(&self, issuer: &str) -> Option<&IdentityProvider> {
        self.providers.iter().find(|provider| provider.issuer == issuer)
    }
}
