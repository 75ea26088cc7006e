//! A state as a JSON document: what a registry is filled with, and what it tells of itself.
//!
//! ```json
//! {"version": 1,
//!  "settings": [{"account": "000000000000", "region": "us-east-1", "name": "policy", "value": "…"}],
//!  "repositories": [{
//!    "name": "team/app", "account": "000000000000", "region": "us-east-1",
//!    "imageTagMutability": "IMMUTABLE", "scanOnPush": true, "tags": {"team": "a"}, "policy": "…", "lifecyclePolicy": "…",
//!    "blobs": [{"text": "{}"}, {"file": "layer.tar.gz"}, {"digest": "sha256:…", "base64": "…"}],
//!    "images": [{"manifest": "{\"schemaVersion\": 2, …}", "tags": ["v1"], "pushedAt": 1700000000}]}]}
//! ```
//!
//! `rows` are those of tables that nothing else here makes, by table: `{"scan_scripts": [{"account": "…", …}]}`, with columns as the migrations
//! name them. What belongs to a repository stands within it. A document is a state and no push: nothing begins with it.
//!
//! Only `version` and the names are needed. A manifest is a text, since its bytes make its digest. Times are seconds since 1970.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SeedError;
use crate::model::{DEFAULT_ACCOUNT, DEFAULT_REGION};

/// The only version so far.
pub(super) const VERSION: u32 = 1;

/// What a registry is to hold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    version: u32,
    /// Settings of whole registries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SeedSetting>,
    /// In any order.
    #[serde(default)]
    pub repositories: Vec<SeedRepository>,
    /// Of registries, by table: rows as the state has them, without numbers that it gives itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, Vec<Value>>,
    /// What files are looked for beside. One that came from a client has none, and may name none.
    #[serde(skip)]
    pub(super) folder: Option<PathBuf>,
}

/// A setting of a registry, as the state has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedSetting {
    /// Twelve digits.
    #[serde(default = "default_account")]
    pub account: String,
    /// As AWS writes it.
    #[serde(default = "default_region")]
    pub region: String,
    /// Which one.
    pub name: String,
    /// A text, mostly JSON.
    pub value: String,
}

/// A repository with what it holds. One that is there already is set up anew and keeps what it holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedRepository {
    /// Its path.
    pub name: String,
    /// Twelve digits.
    #[serde(default = "default_account")]
    pub account: String,
    /// As AWS writes it.
    #[serde(default = "default_region")]
    pub region: String,
    /// Now, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    /// As ECR calls it; `MUTABLE` if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tag_mutability: Option<String>,
    /// Patterns of tags for which the opposite is so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_tag_mutability_exclusion_filters: Vec<String>,
    /// Whether a push begins a scan.
    #[serde(default)]
    pub scan_on_push: bool,
    /// ECR's `encryptionConfiguration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Value>,
    /// Of the resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Who may use it: a JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What expires: a JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy: Option<String>,
    /// What a public repository is listed with: a JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// When its lifecycle policy was last applied; never, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_evaluated_at: Option<i64>,
    /// What a preview of a lifecycle policy was started for: a JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_policy: Option<String>,
    /// When it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_started_at: Option<i64>,
    /// What belongs to the repository, by table: rows as the state has them, without its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, Vec<Value>>,
    /// Uploads that are under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<SeedUpload>,
    /// Configs and layers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<SeedBlob>,
    /// In any order: an index may stand before what it refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<SeedImage>,
}

/// A blob: its content from one of three places, or none if it is in the registry already.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedBlob {
    /// Must be that of the content, if it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// In bytes; told, and not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Beside the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The content itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// The content itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When a client was last told that it is here; now, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_at: Option<i64>,
}

/// An upload that is under way, as far as it has come.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedUpload {
    /// As the registry gave it.
    pub id: String,
    /// What has come.
    pub content: SeedBlob,
}

/// A manifest with its tags.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedImage {
    /// Byte for byte.
    pub manifest: String,
    /// What the manifest itself says, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// That point at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Now, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_at: Option<i64>,
    /// Never, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled_at: Option<i64>,
    /// Whether it is in the archive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_archived: bool,
    /// When it last came into the archive; never, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<i64>,
    /// When it was or will be back from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<i64>,
    /// When tags came to point at it; now, where it is not said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tagged_at: BTreeMap<String, i64>,
}

impl Seed {
    /// With these repositories. Files are looked for from the working directory on.
    #[must_use]
    pub fn new(repositories: Vec<SeedRepository>) -> Self {
        Self {
            version: VERSION,
            settings: Vec::new(),
            repositories,
            rows: BTreeMap::new(),
            folder: Some(PathBuf::new()),
        }
    }

    /// Reads a document. Files are looked for beside it.
    ///
    /// # Errors
    /// If the file cannot be read, or is no such document.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let fault = |cause| SeedError::Read { path: path.to_owned(), cause };
        let bytes = std::fs::read(path).map_err(fault)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { folder: Some(folder), ..Self::parse(&bytes)? })
    }

    /// Reads a document that came from a client.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SeedError> {
        let malformed = |error: serde_json::Error| SeedError::Document(error.to_string());
        let seed: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        match seed.version {
            VERSION => Ok(seed),
            other => Err(SeedError::Document(format!("version {other} is not known, only {VERSION}"))),
        }
    }
}

impl SeedRepository {
    /// An empty repository of the default registry.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            account: default_account(),
            region: default_region(),
            created_at: None,
            image_tag_mutability: None,
            image_tag_mutability_exclusion_filters: Vec::new(),
            scan_on_push: false,
            encryption: None,
            tags: BTreeMap::new(),
            policy: None,
            lifecycle_policy: None,
            catalog: None,
            lifecycle_evaluated_at: None,
            preview_policy: None,
            preview_started_at: None,
            rows: BTreeMap::new(),
            uploads: Vec::new(),
            blobs: Vec::new(),
            images: Vec::new(),
        }
    }
}

fn default_account() -> String {
    DEFAULT_ACCOUNT.to_owned()
}

fn default_region() -> String {
    DEFAULT_REGION.to_owned()
}
