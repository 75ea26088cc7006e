//! Temporary credentials: an access key, its secret, and a token that must come along with it.
//!
//! Invariant: nothing of them is kept. The token says whose they are and until when, under the key of the data folder, and the secret follows
//! from the access key by the same key, so that they outlive a restart.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{AccessKey, Auth};

/// What an access key ends in.
const KEY_CHARACTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY_LENGTH: usize = 16;
/// Of a secret. In base64 they have the forty characters of AWS's.
const SECRET_BYTES: usize = 30;

/// A role that somebody has assumed for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The id of the access key.
    pub(crate) key: String,
    /// Of the role: twelve digits.
    pub(crate) account: String,
    /// The role's name, behind its path if it has one.
    pub(crate) role: String,
    /// The session's.
    pub(crate) name: String,
    /// Since 1970.
    pub(crate) expires: Duration,
}

/// What a token holds. Under a name that no other sealed document has.
#[derive(Serialize, Deserialize)]
struct Sealed {
    session: Session,
}

impl Session {
    /// How policies name whoever has the credentials.
    pub(crate) fn arn(&self) -> String {
        let role = self.role.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sts::{}:assumed-role/{role}/{}", self.account, self.name)
    }

    /// How policies name the role.
    pub(crate) fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account, self.role)
    }

    /// The role's id and the session's name. The id follows from account and role, as if there were one role of a name for ever.
    pub(crate) fn user_id(&self, auth: &Auth) -> String {
        let code = auth.signer.sign(format!("role {} {}", self.account, self.role).as_bytes());
        format!("AROA{}:{}", characters(code.as_ref()), self.name)
    }
}

impl Auth {
    /// The id of a new access key. Nothing if the system gives no random numbers.
    pub(crate) fn fresh_session_key() -> Option<String> {
        let mut random = [0; KEY_LENGTH];
        getrandom::fill(&mut random).ok()?;
        Some(format!("ASIA{}", characters(&random)))
    }

    /// The access key of a session.
    pub(crate) fn session_key(&self, session: &Session) -> AccessKey {
        let code = self.signer.sign(format!("secret of {}", session.key).as_bytes());
        let secret = code.as_ref().get(..SECRET_BYTES).unwrap_or_default();
        AccessKey {
            id: session.key.clone(),
            secret: BASE64_STANDARD.encode(secret).into(),
            account: session.account.clone(),
        }
    }

    /// The token that must come along with a session's access key.
    pub(crate) fn session_token(&self, session: &Session) -> SecretString {
        let sealed = Sealed { session: session.clone() };
        self.signer.seal(&serde_json::to_vec(&sealed).unwrap_or_default())
    }

    /// The session that a token was issued for, over or not, if this is its access key.
    pub(crate) fn session(&self, token: &str, key: &str) -> Option<Session> {
        let sealed: Sealed = serde_json::from_slice(&self.signer.open(token)?).ok()?;
        Some(sealed.session).filter(|session| session.key == key)
    }
}

fn characters(bytes: &[u8]) -> String {
    let character = |byte: &u8| KEY_CHARACTERS.get(usize::from(byte % 32)).copied().map(char::from);
    bytes.iter().take(KEY_LENGTH).filter_map(character).collect()
}
