//! What the files in `deploy/` configure: keys that there are.

use std::{collections::BTreeSet, ffi::OsString};

use image_service::config::Sources;

use super::{files, text};

/// The variables of the service that a text names.
fn variables(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let found = text.match_indices("IMAGE_SERVICE_").filter(|(at, _)| {
        // Others' variables may end as ours begin: DOCKER_SHIM_IMAGE_SERVICE_CA.
        text[..*at].chars().next_back().is_none_or(|before| !is_part(before))
    });
    found.map(|(at, _)| text[at..].chars().take_while(|c| is_part(*c)).collect()).collect()
}

#[test]
fn every_variable_is_a_key() {
    let mut wrong = Vec::new();
    for name in files() {
        for variable in variables(&text(&name)) {
            if matches!(variable.as_str(), "IMAGE_SERVICE_CONFIG" | "IMAGE_SERVICE_") {
                continue;
            }
            let sources = Sources::gather(None, [(OsString::from(&variable), OsString::from("0"))], []);
            let mistakes = sources.mistakes(|_| Vec::new());
            if mistakes.iter().any(|mistake| mistake.to_string().contains("unknown key")) {
                wrong.push(format!("{name}: {variable}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
