//! `scans`: what scans come to.

use super::{Admin, done, errors::Error, read};
use crate::{
    scan_script::{ScanScript, ScriptError},
    wire::{Answer, RequestBody},
};

pub(super) async fn script(admin: &Admin, body: &mut RequestBody) -> Result<Answer, Error> {
    let script: ScanScript = read(body).await?;
    admin.simulation.store.keep_script(&script).await?;
    Ok(done())
}

impl From<ScriptError> for Error {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::State(cause) => Self::Internal(cause),
            ScriptError::Invalid(_) => Self::Invalid(error.to_string()),
        }
    }
}
