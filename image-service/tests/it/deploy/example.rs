//! `config.toml`: every key with its default, or with an example of it.

use std::{collections::BTreeSet, fs};

use image_service::config::{Config, Sources};

use super::text;

/// "# " begins an explanation, "#" alone an example.
fn uncommented() -> String {
    let example = text("config.toml");
    let line =
        |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line).to_owned();
    example.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn sources(text: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, text).unwrap();
    let sources = Sources::gather(Some(&file), [], []);
    (folder, sources)
}

/// What the service says can be written in a table, asked by a key that nobody knows.
fn known_in(document: &toml::Table, table: &[String]) -> BTreeSet<String> {
    let mut document = document.clone();
    let mut at = &mut document;
    for key in table {
        at = at[key].as_table_mut().unwrap();
    }
    at.insert("zzzzzz".into(), true.into());
    let (_folder, sources) = sources(&document.to_string());
    let mistakes = sources.mistakes(|_| Vec::new());
    let told = mistakes.iter().map(ToString::to_string).find(|told| told.contains("zzzzzz"));
    let told = told.unwrap_or_default();
    let list = told.split_once("possible are ").map_or("", |(_, list)| list).replace(" and ", ", ");
    list.split(", ").filter(|key| !key.is_empty() && *key != "none").map(str::to_owned).collect()
}

fn tables(table: &toml::Table, way: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    found.push(way.clone());
    for (key, value) in table {
        if let Some(inner) = value.as_table() {
            way.push(key.clone());
            tables(inner, way, found);
            way.pop();
        }
    }
}

#[test]
fn every_value_is_the_default() {
    let (_folder, sources) = sources(&text("config.toml"));
    let config = sources.config().unwrap();
    assert_eq!(format!("{config:#?}"), format!("{:#?}", Config::default()));
}

/// Credentials have one source of keys: each is tried without the others.
#[test]
fn every_example_is_possible() {
    let kinds = ["key_file", "key_env", "key_credential", "kms"];
    for kind in kinds {
        let mut document: toml::Table = uncommented().parse().unwrap();
        let credentials = document["credentials"].as_table_mut().unwrap();
        assert!(credentials.contains_key(kind), "{kind}");
        credentials.retain(|key, _| key == kind || !kinds.contains(&key));
        let (_folder, sources) = sources(&document.to_string());
        assert_eq!(sources.mistakes(|_| Vec::new()), [], "{kind}");
    }
}

#[test]
fn every_key_is_in_it() {
    let document: toml::Table = uncommented().parse().unwrap();
    let mut all = Vec::new();
    tables(&document, &mut Vec::new(), &mut all);
    let mut missing = BTreeSet::new();
    for way in all {
        let known = known_in(&document, &way);
        let table = way.iter().fold(&document, |table, key| table[key].as_table().unwrap());
        // Where there are several, the registries together have every key.
        let beside: Vec<_> = match way.as_slice() {
            [first, _] if first == "registries" => {
                document["registries"].as_table().unwrap().values().collect()
            }
            _ => Vec::new(),
        };
        let is_there = |key: &String| {
            table.contains_key(key) || beside.iter().any(|registry| registry.get(key).is_some())
        };
        missing.extend(
            known.into_iter().filter(|key| !is_there(key)).map(|key| format!("{}.{key}", way.join("."))),
        );
    }
    // An account has keys of [ecr]; the example of one does not repeat them all.
    missing.retain(|key| !key.starts_with("ecr.accounts."));
    assert!(missing.is_empty(), "not in deploy/config.toml: {missing:?}");
}

#[test]
fn the_kinds_of_identities_are_told_with_their_keys() {
    let example = text("config.toml");
    for (kind, keys) in [
        ("static", ["access_key_id", "secret_access_key", "session_token"].as_slice()),
        ("assume-role", &["role_arn", "session_name", "external_id"]),
        ("web-identity", &["role_arn", "token_file", "session_name"]),
    ] {
        let document: toml::Table = format!("[ecr.auth]\nkind = '{kind}'").parse().unwrap();
        let known = known_in(&document, &["ecr".into(), "auth".into()]);
        assert_eq!(known, keys.iter().map(|key| (*key).to_owned()).collect());
        assert!(known.iter().all(|key| example.contains(key.as_str())), "{kind}");
    }
}
