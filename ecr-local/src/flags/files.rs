//! The files that flags name: who may use the registry, and what it is told.

use std::{collections::HashMap, fs, path::Path};

use anyhow::Context;
use ecr_local::ScanScript;
use secrecy::SecretString;
use serde_json::value::RawValue;

/// A file that was named and names nobody would open the registry to everyone.
pub(super) fn users(path: &Path) -> anyhow::Result<Vec<(String, SecretString)>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let users = lines.map(|(number, line)| match line.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok((name.to_owned(), password.into()))
        }
        _ => anyhow::bail!("{} line {}: not NAME:PASSWORD", path.display(), number + 1),
    });
    let users = users.collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(!users.is_empty(), "{} names no user", path.display());
    Ok(users)
}

/// As with users, a file without keys would open the registry to everyone.
pub(super) fn access_keys(path: &Path) -> anyhow::Result<Vec<(String, SecretString, String)>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let keys = lines.map(|(number, line)| match line.split(':').collect::<Vec<_>>()[..] {
        [id, secret, account] if !id.is_empty() && !secret.is_empty() && is_account(account) => {
            Ok((id.to_owned(), secret.into(), account.to_owned()))
        }
        _ => anyhow::bail!("{} line {}: not ID:SECRET:ACCOUNT", path.display(), number + 1),
    });
    let keys = keys.collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(!keys.is_empty(), "{} names no access key", path.display());
    Ok(keys)
}

pub(super) fn trusts(path: &Path) -> anyhow::Result<Vec<(String, String, Option<String>)>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let trusts = lines.map(|(number, line)| match line.split_ascii_whitespace().collect::<Vec<_>>()[..] {
        [role, principal, ref subject @ ..] if role.contains(":role/") && subject.len() <= 1 => {
            let subject = subject.first().map(|subject| (*subject).to_owned());
            Ok((role.to_owned(), principal.to_owned(), subject))
        }
        _ => anyhow::bail!("{} line {}: not ROLE_ARN PRINCIPAL [SUBJECT]", path.display(), number + 1),
    });
    trusts.collect()
}

/// The error names no content: it may be a secret.
pub(super) fn secrets(path: &Path) -> anyhow::Result<HashMap<String, SecretString>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let parsed: Result<HashMap<String, Box<RawValue>>, _> = serde_json::from_str(&text);
    let secrets = parsed.map_err(|_| anyhow::anyhow!("{} is no JSON object of secrets", path.display()))?;
    Ok(secrets.into_iter().map(|(name, secret)| (name, secret.get().into())).collect())
}

pub(super) fn scan_scripts(path: &Path) -> anyhow::Result<Vec<ScanScript>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no list of scan scripts", path.display()))
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
