//! What scans come to, as tests and operators say it: no image is looked into here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    control::check_told,
    model::{DEFAULT_ACCOUNT, DEFAULT_REGION, Digest, RegistryId, RepositoryName},
    scanning::ScanOutcome,
    state::ScriptRow,
    store::Store,
};

/// What the scans of some images come to, and whether they are held back. Kept with the state: a later script for the same images changes
/// what it says and leaves the rest. Of several scripts for an image the one that names the image counts, then the one that names its
/// repository.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScanScript {
    /// Twelve digits; the default account unless set.
    pub account: String,
    /// The default Region unless set.
    pub region: String,
    /// All unless set.
    pub repository: Option<String>,
    /// That of an image's manifest; all unless set.
    pub digest: Option<String>,
    /// For scans that there are, too. What a scan comes to without a script is that nothing was found.
    pub outcome: Option<ScanOutcome>,
    /// Whether scans that are not over stay in progress. Those that do end when a script for the same images sets this to false.
    pub held: Option<bool>,
}

/// Why a script is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It names nothing that could be, or findings that no client could read.
    #[error("invalid scan script: {0}")]
    Invalid(String),
    /// The state cannot be written.
    #[error(transparent)]
    State(Box<dyn std::error::Error + Send + Sync>),
}

impl Default for ScanScript {
    fn default() -> Self {
        Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            region: DEFAULT_REGION.to_owned(),
            repository: None,
            digest: None,
            outcome: None,
            held: None,
        }
    }
}

impl ScanScript {
    fn check(&self) -> Result<(), ScriptError> {
        let refuse = |is_wrong: bool, why: &str| match is_wrong {
            true => Err(ScriptError::Invalid(why.to_owned())),
            false => Ok(()),
        };
        let is_account = self.account.len() == 12 && self.account.bytes().all(|byte| byte.is_ascii_digit());
        refuse(!is_account, "account: not twelve digits")?;
        let name = self.repository.as_deref().map(str::parse::<RepositoryName>);
        refuse(matches!(name, Some(Err(_))), "repository: not the name of a repository")?;
        let digest = self.digest.as_deref().map(str::parse::<Digest>);
        refuse(matches!(digest, Some(Err(_))), "digest: not a digest")
    }
}

/// An outcome as it is kept.
fn written(outcome: &ScanOutcome) -> Result<String, ScriptError> {
    let checked = |shape: &str, findings: &[Value]| match check_told(shape, Value::from(findings)) {
        Ok(Value::Array(findings)) => Ok(findings),
        Ok(_) => Ok(Vec::new()),
        Err(why) => Err(ScriptError::Invalid(why)),
    };
    let outcome = ScanOutcome {
        findings: checked("ImageScanFindingList", &outcome.findings)?,
        enhanced_findings: checked("EnhancedImageScanFindingList", &outcome.enhanced_findings)?,
        ..outcome.clone()
    };
    serde_json::to_string(&outcome).map_err(|error| ScriptError::State(error.into()))
}

impl Store {
    /// Keeps a script.
    pub(crate) async fn keep_script(&self, script: &ScanScript) -> Result<(), ScriptError> {
        script.check()?;
        let registry =
            RegistryId { account: script.account.as_str().into(), region: script.region.as_str().into() };
        let row = ScriptRow {
            registry: &registry,
            repository: script.repository.as_deref().unwrap_or_default(),
            digest: script.digest.as_deref().unwrap_or_default(),
            outcome: script.outcome.as_ref().map(written).transpose()?,
            held: script.held,
        };
        self.state.keep_script(&row).await.map_err(|error| ScriptError::State(error.into()))
    }
}
