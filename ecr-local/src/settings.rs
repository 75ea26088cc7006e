//! Settings that must be good before a registry starts.

use crate::{auth::IdentityProvider, model::is_alias, start_error::StartError, state::State};

/// Reads the keys of issuers.
pub(crate) fn identity_providers(pairs: &[(String, String)]) -> Result<Vec<IdentityProvider>, StartError> {
    let read = |(issuer, keys): &(String, String)| {
        let fault = |why| StartError::Setting { setting: format!("the keys of {issuer}"), why };
        IdentityProvider::parse(issuer, keys).map_err(fault)
    };
    pairs.iter().map(read).collect()
}

/// Checks that whoever has clients is an issuer.
pub(crate) fn check_clients(
    clients: &[(String, String)],
    providers: &[IdentityProvider],
) -> Result<(), StartError> {
    let unknown = clients.iter().find(|(issuer, _)| !providers.iter().any(|known| known.issuer == *issuer));
    unknown.map_or(Ok(()), |(issuer, client)| {
        let why = format!("{issuer} is no identity provider");
        Err(StartError::Setting { setting: format!("the client {client}"), why })
    })
}

/// Gives accounts their aliases.
pub(crate) async fn give_aliases(state: &State, pairs: &[(String, String)]) -> Result<(), StartError> {
    for (account, alias) in pairs {
        let fault =
            |why: &str| StartError::Setting { setting: format!("the alias {alias}"), why: why.to_owned() };
        if !is_alias(alias) {
            return Err(fault(
                "it is not 2 to 50 lower-case letters and digits with single separators between them",
            ));
        }
        let is_given = state.give_alias(account, alias).await.map_err(|error| fault(&error.to_string()))?;
        if !is_given {
            return Err(fault("another account has it"));
        }
    }
    Ok(())
}
