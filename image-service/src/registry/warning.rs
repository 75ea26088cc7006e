//! `Warning: 299 - "text"`: what a registry wants its users to know (distribution-spec, "Warnings"). It is logged once and never acted on.

use std::time::Duration;

use http::{HeaderMap, header};
use moka::sync::Cache;

use super::error_body::shown;
use crate::model::RegistryHost;

/// All warnings of one answer together.
const MAX_BYTES: usize = 4096;
const MAX_KEPT: u64 = 1_000;
const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// The warnings that were logged.
#[derive(Debug)]
pub(super) struct Warnings(Cache<(RegistryHost, String), ()>);

impl Default for Warnings {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_KEPT).time_to_live(MEMORY).build())
    }
}

impl Warnings {
    /// Logs what is new.
    pub(super) fn note(&self, registry: &RegistryHost, headers: &HeaderMap) {
        for warning in read(headers) {
            let key = (registry.clone(), warning);
            if !self.0.contains_key(&key) {
                tracing::warn!(%registry, warning = key.1, "{registry} warns: {}", key.1);
                self.0.insert(key, ());
            }
        }
    }
}

fn read(headers: &HeaderMap) -> Vec<String> {
    let mut room = MAX_BYTES;
    let lines = headers.get_all(header::WARNING).iter().filter_map(|line| line.to_str().ok());
    let texts = lines.filter_map(|line| line.strip_prefix("299 - \"")?.strip_suffix('"'));
    let fitting = texts.take_while(|text| {
        let fits = text.len() <= room;
        room = room.saturating_sub(text.len());
        fits
    });
    fitting.map(|text| shown(text, MAX_BYTES)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_read_as_the_specification_writes_them_and_not_without_end() {
        let mut headers = HeaderMap::new();
        let long = format!("299 - \"{}\"", "x".repeat(5000));
        for line in
            ["299 - \"Your token expires soon.\"", "199 - \"other\"", "299 proxy \"x\"", "299 - \"", &long]
        {
            headers.append(header::WARNING, line.parse().unwrap());
        }
        assert_eq!(read(&headers), ["Your token expires soon."]);
    }

    #[test]
    fn a_warning_is_kept_as_known() {
        let (warnings, mut headers) = (Warnings::default(), HeaderMap::new());
        headers.append(header::WARNING, "299 - \"x\"".parse().unwrap());
        let hub = RegistryHost::docker_hub();
        warnings.note(&hub, &headers);
        assert!(warnings.0.contains_key(&(hub, "x".to_owned())));
    }
}
