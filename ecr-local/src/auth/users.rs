//! Users and their passwords.

use secrecy::{ExposeSecret, SecretString};

use super::Signer;

/// Users, each with the authentication code of the password.
pub(crate) struct Users(Vec<(String, Vec<u8>)>);

impl Users {
    pub(crate) fn new(signer: &Signer, users: &[(String, SecretString)]) -> Self {
        let code =
            |password: &SecretString| signer.sign(password.expose_secret().as_bytes()).as_ref().to_vec();
        Self(users.iter().map(|(name, password)| (name.clone(), code(password))).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Whether a user has this password. Takes the same time for a user who does not exist.
    pub(super) fn knows(&self, signer: &Signer, name: &str, password: &str) -> bool {
        let code = self.0.iter().find(|(known, _)| known == name).map(|(_, code)| &code[..]);
        signer.verify(password.as_bytes(), code.unwrap_or(&[0; 32]))
    }

    /// Whether the password of a form is right.
    pub(crate) fn let_in(&self, signer: &Signer, name: &str, password: &SecretString) -> bool {
        self.knows(signer, name, password.expose_secret())
    }
}

/// User and password of Basic credentials. Only the password may hold colons.
pub(super) fn split(text: &SecretString) -> Option<(&str, &str)> {
    text.expose_secret().split_once(':')
}
