//! Everything that should not be so, told one by one. Nothing of the state is held but the row that is looked at.

mod images;
mod names;
mod rules;

use super::{Connection, SOUNDNESS, credentials, export};
use crate::{
    model::Manifest,
    ports::Sealer,
    store::{
        Finding, UpkeepError,
        encoding::read,
        transfer::{CredentialRecord, ManifestRecord, Record},
    },
};

type Result<T> = std::result::Result<T, UpkeepError>;
type Tell<'a> = dyn FnMut(Finding) + 'a;

const ANOTHER_COPY: &str = "put a copy of the whole state in its place, or export what can be read";
const FETCH_AGAIN: &str = "remove the image, and pull or load it again";
/// What repeats something else is made anew by an import.
const MAKE_ANEW: &str = "`image-service db export`, and `db import` into an empty state, make it anew";
const LOG_IN_AGAIN: &str = "give the service the key that it was sealed with, or log in again";

/// All checks. One that cannot read what it should is a finding, and the others go on.
pub(super) async fn everything(
    connection: &mut Connection,
    sealer: Option<&dyn Sealer>,
    tell: &mut Tell<'_>,
) -> Result<()> {
    go_on(soundness(connection, tell).await, tell)?;
    for rule in rules::RULES {
        go_on(rules::apply(connection, rule, tell).await, tell)?;
    }
    go_on(images::derived(connection, tell).await, tell)?;
    go_on(names::gathered(connection, tell).await, tell)?;
    go_on(records(connection, sealer, tell).await, tell)
}

/// A finding about a database that cannot be read.
pub(super) fn damage(error: &UpkeepError) -> Finding {
    Finding { object: "the database".to_owned(), wrong: error.damage(), remedy: ANOTHER_COPY }
}

fn go_on(done: Result<()>, tell: &mut Tell<'_>) -> Result<()> {
    match done {
        Err(error) if error.is_damage() => {
            tell(damage(&error));
            Ok(())
        }
        done => done,
    }
}

async fn soundness(connection: &mut Connection, tell: &mut Tell<'_>) -> Result<()> {
    let found: Vec<String> = sqlx::query_scalar(SOUNDNESS).fetch_all(connection).await?;
    for wrong in found {
        tell(Finding { object: "the database".to_owned(), wrong, remedy: ANOTHER_COPY });
    }
    Ok(())
}

/// What an export would refuse, manifests that say nothing, and secrets that do not open.
async fn records(
    connection: &mut Connection,
    sealer: Option<&dyn Sealer>,
    tell: &mut Tell<'_>,
) -> Result<()> {
    let mut look = |record: &Record| {
        let found = record.validate().map_err(|wrong| (wrong, FETCH_AGAIN));
        let found = found.and_then(|()| match record {
            Record::Manifest(manifest) => readable(manifest).map_err(|wrong| (wrong, FETCH_AGAIN)),
            Record::Credential(credential) => {
                opens(credential, sealer).map_err(|wrong| (wrong, LOG_IN_AGAIN))
            }
            _ => Ok(()),
        });
        if let Err((wrong, remedy)) = found {
            tell(Finding { object: record.to_string(), wrong, remedy });
        }
        Ok(())
    };
    export::records(connection, &mut look, true).await
}

fn readable(manifest: &ManifestRecord) -> std::result::Result<(), String> {
    let digest = read(&manifest.digest).map_err(|error| error.to_string())?;
    let bytes = manifest.content.0.clone().into();
    let fault = |fault| format!("it cannot be read: {fault:?}");
    Manifest::parse(digest, Some(&manifest.media_type), bytes).map(drop).map_err(fault)
}

fn opens(credential: &CredentialRecord, sealer: Option<&dyn Sealer>) -> std::result::Result<(), String> {
    let CredentialRecord { namespace, registry, kind, username, sealed, .. } = credential;
    let place = credentials::place_of_row(namespace, registry, kind, username);
    let sealer = sealer.ok_or("there is no key to open it with")?;
    sealer
        .open(&place, &sealed.0)
        .map(drop)
        .ok_or_else(|| "it does not open with the key of this service".to_owned())
}
