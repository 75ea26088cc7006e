//! What is in `deploy/`, and what runs by it: the configuration's example, images, units, manifests, policies.

use std::{
    fs,
    path::{Path, PathBuf},
};

mod activation;
mod alerts;
mod compose;
mod composition;
mod docker;
mod ecs;
mod example;
mod health;
mod iam;
mod images;
mod kubernetes;
mod printing;
mod stand_ins;
mod units;
mod variables;

/// A file there.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

fn text(name: &str) -> String {
    let path = file(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files there, by their paths in it.
fn files() -> Vec<String> {
    let mut folders = vec![file("")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // What compose/secrets.sh made is nobody's to read.
            match path.is_dir() {
                true if path.ends_with("compose/secrets") => {}
                true => folders.push(path),
                false => found.push(path.strip_prefix(file("")).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}
