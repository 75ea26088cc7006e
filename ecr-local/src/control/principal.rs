//! Who calls, as policies name them.

use http::HeaderMap;

use super::signature::Signature;
use crate::model::RegistryId;

/// The name of an access key's owner: the user of the account that is called as the key is. Nobody if the call is not signed.
pub(super) fn principal(headers: &HeaderMap, registry: &RegistryId) -> Option<String> {
    let signature = Signature::of(headers).ok().flatten()?;
    Some(crate::auth::user_arn(&registry.account, signature.key))
}
