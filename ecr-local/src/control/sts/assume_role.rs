//! AssumeRole.

use serde::Deserialize;

use super::{
    errors::Error,
    role::{Role, Wanted},
};
use crate::{
    control::{ControlPlane, identity::Identity},
    wire::Element,
};

/// Of somebody who has assumed a role already, in seconds.
const LONGEST_CHAINED: u64 = 60 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(flatten)]
    wanted: Wanted,
    source_identity: Option<String>,
}

/// A role trusts its own account, and those that it was said to trust.
pub(super) fn run(plane: &ControlPlane, identity: &Identity, input: Input) -> Result<Vec<Element>, Error> {
    let role = Role::parse(&input.wanted.role_arn)?;
    let own = &*identity.registry.account;
    let trusts = &plane.auth.trusts;
    if !identity.is_trusted && role.account != own && !trusts.allows(&input.wanted.role_arn, own, None) {
        let (caller, role) = (identity.arn(), &input.wanted.role_arn);
        let why = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}");
        return Err(Error::Denied(why));
    }
    let is_chained = identity.session.is_some();
    if is_chained && input.wanted.duration_seconds.is_some_and(|duration| duration > LONGEST_CHAINED) {
        return Err(Error::Validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let mut told = input.wanted.assume(plane)?;
    told.extend(input.source_identity.map(|source| Element::text("SourceIdentity", source)));
    Ok(told)
}
