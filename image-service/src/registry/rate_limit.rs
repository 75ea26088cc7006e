//! Pull budgets as Docker Hub tells them (`ratelimit-limit: 100;w=21600`), kept for whoever asks.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use http::HeaderMap;
use time::OffsetDateTime;

use super::error_body::shown;
use crate::{
    model::{NamespaceMark, RegistryHost},
    ports::RateLimit,
};

const LIMIT: &str = "ratelimit-limit";
const REMAINING: &str = "ratelimit-remaining";
const SOURCE: &str = "docker-ratelimit-source";
/// A registry that invents sources cannot fill the memory.
const MAX_KEPT: usize = 1024;
const MAX_SOURCE: usize = 64;

/// The last budgets, by namespace, registry and source.
#[derive(Debug, Default)]
pub(super) struct RateLimits(Mutex<BTreeMap<(NamespaceMark, RegistryHost, String), RateLimit>>);

impl RateLimits {
    /// Keeps what an answer says of a budget, and logs it if it is news.
    pub(super) fn note(&self, told_in: NamespaceMark, registry: &RegistryHost, headers: &HeaderMap) {
        let Some(told) = read(told_in, registry, headers) else { return };
        let key = (told_in, registry.clone(), told.source.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get(&key);
        let same = |known: &RateLimit| (known.limit, known.remaining) == (told.limit, told.remaining);
        if !known.is_some_and(same) {
            let RateLimit { source, limit, remaining, window, .. } = &told;
            tracing::info!(%registry, source, limit, remaining, window, "pull budget of {registry}: {remaining} of {limit} left");
        }
        if known.is_none() && kept.len() >= MAX_KEPT {
            let oldest = kept.iter().min_by_key(|(_, limit)| limit.observed).map(|(key, _)| key.clone());
            oldest.map(|key| kept.remove(&key));
        }
        kept.insert(key, told);
    }

    /// All that is known.
    pub(super) fn all(&self) -> Vec<RateLimit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// Pulls left, if an answer says so.
pub(super) fn remaining(headers: &HeaderMap) -> Option<u64> {
    amount(headers, REMAINING).map(|(remaining, _)| remaining)
}

/// A budget, if an answer tells a whole one.
pub(super) fn read(
    told_in: NamespaceMark,
    registry: &RegistryHost,
    headers: &HeaderMap,
) -> Option<RateLimit> {
    let (limit, window) = amount(headers, LIMIT)?;
    let (remaining, _) = amount(headers, REMAINING)?;
    let source = headers.get(SOURCE).and_then(|source| source.to_str().ok()).unwrap_or_default();
    Some(RateLimit {
        told_in,
        registry: registry.clone(),
        source: shown(source, MAX_SOURCE),
        limit,
        remaining,
        window: window.unwrap_or_default(),
        observed: OffsetDateTime::now_utc(),
    })
}

/// A number, and the window behind it if there is one.
fn amount(headers: &HeaderMap, name: &str) -> Option<(u64, Option<u64>)> {
    let text = headers.get(name)?.to_str().ok()?;
    let (number, parameters) = text.split_once(';').unwrap_or((text, ""));
    let window = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("w="));
    Some((number.trim().parse().ok()?, window.and_then(|window| window.trim().parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FingerprintKey, Namespace};

    fn somewhere() -> NamespaceMark {
        FingerprintKey::random().unwrap().mark(&Namespace::default())
    }

    fn read(limit: &str, remaining: &str) -> Option<(u64, u64, u64)> {
        let mut headers = HeaderMap::new();
        headers.insert(LIMIT, limit.parse().unwrap());
        headers.insert(REMAINING, remaining.parse().unwrap());
        super::read(somewhere(), &RegistryHost::docker_hub(), &headers)
            .map(|told| (told.limit, told.remaining, told.window))
    }

    #[test]
    fn a_budget_is_read_with_and_without_its_window() {
        assert_eq!(read("100;w=21600", "76;w=21600"), Some((100, 76, 21600)));
        assert_eq!(read("100", "0"), Some((100, 0, 0)));
        assert_eq!(read("100; q=1; w=60", "3"), Some((100, 3, 60)));
        assert_eq!(read("lots", "3"), None);
        assert_eq!(read("-1", "3"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_header_can_hurt(limit in "[ -~]{0,40}", remaining in "[0-9;w= -]{0,40}") {
            let _ = read(&limit, &remaining);
        }
    }

    #[test]
    fn sources_that_a_registry_invents_do_not_pile_up() {
        let (limits, told_in) = (RateLimits::default(), somewhere());
        for n in 0..MAX_KEPT + 10 {
            let mut headers = HeaderMap::new();
            headers.insert(LIMIT, "1".parse().unwrap());
            headers.insert(REMAINING, "1".parse().unwrap());
            headers.insert(SOURCE, n.to_string().parse().unwrap());
            limits.note(told_in, &RegistryHost::docker_hub(), &headers);
        }
        assert_eq!(limits.all().len(), MAX_KEPT);
    }
}
