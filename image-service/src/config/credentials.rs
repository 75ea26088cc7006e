//! `[credentials]`: where the key comes from that stored credentials are sealed under. One source, or none: then the service makes a key itself.

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::Region;

/// Keys of stored credentials. Mistakes name their key.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "Written")]
pub struct CredentialsConfig {
    /// The source of keys.
    pub key: KeyConfig,
    /// A file with keys that only open: those of a source that was configured before.
    pub old_key_file: Option<PathBuf>,
}

/// A source of keys. Where it has several, the newest is the last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum KeyConfig {
    /// A file in the data folder, which the service makes.
    #[default]
    DataDir,
    /// A file.
    File(PathBuf),
    /// A variable of the environment, by its name.
    Variable(String),
    /// A credential that systemd gives to the service, by its name.
    Systemd(String),
    /// Data keys of AWS KMS, which the database keeps encrypted.
    Kms(KmsConfig),
}

/// `[credentials.kms]`: the key of AWS KMS that encrypts data keys. It is used as the identity of `[ecr.auth]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmsConfig {
    /// Its ID, its ARN or an alias.
    pub key_id: String,
    /// Keys that data keys may still be encrypted under, after `key_id` was changed.
    #[serde(default)]
    pub old_key_ids: Vec<String>,
    /// Where, if not in `ecr.region`.
    #[serde(default, deserialize_with = "super::ecr::parsed")]
    pub region: Option<Region>,
    /// Where KMS's API is, instead of where AWS has it.
    pub endpoint_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key_file: Option<PathBuf>,
    key_env: Option<String>,
    key_credential: Option<String>,
    kms: Option<KmsConfig>,
    old_key_file: Option<PathBuf>,
}

impl TryFrom<Written> for CredentialsConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let sources = [
            ("key_file", written.key_file.map(KeyConfig::File)),
            ("key_env", written.key_env.map(variable).transpose()?),
            ("key_credential", written.key_credential.map(credential).transpose()?),
            ("kms", written.kms.map(kms).transpose()?),
        ];
        let given: Vec<_> = sources.into_iter().filter_map(|(key, source)| Some((key, source?))).collect();
        if given.len() > 1 {
            let keys: Vec<_> = given.iter().map(|(key, _)| format!("credentials.{key}")).collect();
            return Err(format!("{} are given: one source of keys is possible", keys.join(" and ")));
        }
        let key = given.into_iter().next().map(|(_, source)| source).unwrap_or_default();
        Ok(Self { key, old_key_file: written.old_key_file })
    }
}

fn variable(name: String) -> Result<KeyConfig, String> {
    match name.is_empty() || name.contains(['=', '\0']) {
        true => Err(format!("credentials.key_env {name:?} is no name of a variable")),
        false => Ok(KeyConfig::Variable(name)),
    }
}

/// It becomes a part of a path.
fn credential(name: String) -> Result<KeyConfig, String> {
    match name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
        true => Err(format!("credentials.key_credential {name:?} is no name of a credential")),
        false => Ok(KeyConfig::Systemd(name)),
    }
}

fn kms(kms: KmsConfig) -> Result<KeyConfig, String> {
    match kms.key_id.is_empty() {
        true => Err("credentials.kms.key_id is empty".to_owned()),
        false => Ok(KeyConfig::Kms(kms)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(keys: &str) -> Result<CredentialsConfig, String> {
        let config = toml::from_str::<Config>(&format!("[credentials]\n{keys}"));
        config.map(|config| config.credentials).map_err(|error| error.to_string())
    }

    #[test]
    fn each_source_is_known_by_its_key() {
        assert_eq!(read("").unwrap().key, KeyConfig::DataDir);
        assert_eq!(read("key_file = '/k'").unwrap().key, KeyConfig::File("/k".into()));
        assert_eq!(read("key_env = 'KEY'").unwrap().key, KeyConfig::Variable("KEY".into()));
        assert_eq!(read("key_credential = 'key'").unwrap().key, KeyConfig::Systemd("key".into()));
        let kms = read("kms = { key_id = 'alias/images', region = 'eu-central-1' }\nold_key_file = '/k'");
        let kms = kms.unwrap();
        assert!(matches!(kms.key, KeyConfig::Kms(kms) if kms.key_id == "alias/images"));
        assert_eq!(kms.old_key_file, Some("/k".into()));
    }

    #[test]
    fn a_mistake_names_its_key() {
        for (keys, why) in [
            ("key_file = '/k'\nkey_env = 'KEY'", "credentials.key_file and credentials.key_env"),
            ("key_env = 'A=B'", "credentials.key_env"),
            ("key_credential = '../key'", "credentials.key_credential"),
            ("kms = { key_id = '' }", "credentials.kms.key_id"),
            ("kms = { key = 'x' }", "key"),
            ("key_fil = '/k'", "key_fil"),
        ] {
            let error = read(keys).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
