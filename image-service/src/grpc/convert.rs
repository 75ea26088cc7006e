//! Between the protocol's messages and the domain's values, in both directions, and nothing else.

use imageservice_proto::v1;
use prost_types::Timestamp;
use time::OffsetDateTime;

use crate::{
    error::{Error, Result},
    model::{
        Credential, Digest, HistoryStep, Image, ImageName, ImageSummary, Pattern, PatternError, Platform,
        RegistryHost, Removed, Repository, Tag,
    },
    ops::{Distribution, ListFilters, Login, PullEvent, PullRequest, Resolved},
    ports::{CredentialKind, Location, Origin, RateLimit, StoredCredential},
};

/// A registry token stands alone; an identity token goes before a password, as in dockerd.
pub(super) fn credential(auth: Option<v1::RegistryAuth>) -> Option<Credential> {
    let v1::RegistryAuth { username, password, identity_token, registry_token } = auth?;
    if !registry_token.is_empty() {
        return Some(Credential::RegistryToken(registry_token.into()));
    }
    if !identity_token.is_empty() {
        return Some(Credential::IdentityToken { username, token: identity_token.into() });
    }
    if username.is_empty() && password.is_empty() {
        return None;
    }
    Some(Credential::Password { username, password: password.into() })
}

pub(super) fn login(registry: &RegistryHost, login: Login) -> v1::CheckResponse {
    v1::CheckResponse {
        registry: registry.to_string(),
        identity_token: login.identity_token.unwrap_or_default(),
        stored: login.is_stored,
    }
}

pub(super) fn pull_request(request: v1::PullRequest) -> Result<PullRequest> {
    let v1::PullRequest { reference, tag, all_tags, platform, auth } = request;
    let platform = if platform.is_empty() { None } else { Some(platform.parse()?) };
    Ok(PullRequest { reference, tag, all_tags, platform, credential: credential(auth) })
}

pub(super) fn pull_event(event: PullEvent) -> v1::PullEvent {
    use v1::pull_event::Event;
    let event = match event {
        PullEvent::Started(reference) => {
            let id = match (&reference.tag, &reference.digest) {
                (Some(tag), None) => tag.to_string(),
                _ => reference.to_string(),
            };
            Event::Started(v1::PullStarted { repository: reference.repository.path().to_owned(), id })
        }
        PullEvent::Completed { reference, digest, image, platform: of, newer } => {
            Event::Completed(v1::PullCompleted {
                reference: reference.familiar(),
                digest: digest.to_string(),
                image_id: image.to_string(),
                platform: Some(platform(&of)),
                newer,
            })
        }
        PullEvent::Warning(message) => Event::Warning(v1::PullWarning { message }),
        PullEvent::Finished { reference, newer } => {
            Event::Finished(v1::PullFinished { reference: reference.familiar(), newer })
        }
    };
    v1::PullEvent { event: Some(event) }
}

pub(super) fn platform(platform: &Platform) -> v1::Platform {
    v1::Platform {
        os: platform.os().to_owned(),
        architecture: platform.architecture().to_owned(),
        variant: platform.variant().to_owned(),
        os_version: platform.os_version().to_owned(),
    }
}

pub(super) fn resolved(resolved: &Resolved) -> v1::ResolveResponse {
    let locations: Vec<_> = resolved.locations.iter().map(location).collect();
    v1::ResolveResponse {
        image_id: resolved.image.to_string(),
        pullable_reference: locations.first().map(|best| best.reference.clone()).unwrap_or_default(),
        locations,
        platform: Some(platform(&resolved.platform)),
    }
}

pub(super) fn distribution(found: &Distribution) -> v1::DistributionInspectResponse {
    v1::DistributionInspectResponse {
        media_type: found.descriptor.media_type.clone(),
        digest: found.descriptor.digest.to_string(),
        size: size(found.descriptor.size),
        platforms: found.platforms.iter().map(platform).collect(),
    }
}

fn location(location: &Location) -> v1::Location {
    use v1::location::Origin as Wire;
    let origin = match location.origin {
        Origin::Pulled => Wire::Pulled,
        Origin::Pushed => Wire::Pushed,
        Origin::Staged => Wire::Staged,
    };
    v1::Location { reference: location.pullable(), origin: origin.into() }
}

pub(super) fn image(image: &Image) -> v1::Image {
    v1::Image {
        id: image.id.to_string(),
        repo_tags: repo_tags(&image.tags),
        repo_digests: repo_digests(&image.digests),
        config: image.config.clone(),
        size: size(image.size()),
        last_tagged: image.last_tagged.map(timestamp),
    }
}

pub(super) fn summary(image: ImageSummary) -> v1::ImageSummary {
    v1::ImageSummary {
        id: image.id.to_string(),
        repo_tags: repo_tags(&image.tags),
        repo_digests: repo_digests(&image.digests),
        created: image.created.map(timestamp),
        size: size(image.size),
        labels: image.labels.into_iter().collect(),
    }
}

pub(super) fn repo_tags(tags: &[(Repository, Tag)]) -> Vec<String> {
    tags.iter().map(|(repository, tag)| format!("{}:{tag}", repository.familiar())).collect()
}

pub(super) fn repo_digests(digests: &[(Repository, Digest)]) -> Vec<String> {
    digests.iter().map(|(repository, digest)| format!("{}@{digest}", repository.familiar())).collect()
}

pub(super) fn list_filters(filters: Option<v1::ListFilters>) -> Result<ListFilters> {
    let v1::ListFilters { dangling, labels, references, before, since, until } = filters.unwrap_or_default();
    let patterns: Result<Vec<Pattern>, PatternError> = references.iter().map(|text| text.parse()).collect();
    Ok(ListFilters {
        dangling,
        labels,
        references: patterns.map_err(|why| Error::Argument(why.to_string()))?,
        before: names(&before)?,
        since: names(&since)?,
        until: until.map(time_of).transpose()?,
    })
}

fn names(names: &[String]) -> Result<Vec<ImageName>> {
    names.iter().map(|name| Ok(ImageName::parse(name)?)).collect()
}

pub(super) fn time_of(timestamp: Timestamp) -> Result<OffsetDateTime> {
    let nanos = i128::from(timestamp.seconds) * 1_000_000_000 + i128::from(timestamp.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .map_err(|_| Error::Argument(format!("{} seconds since 1970 is no time", timestamp.seconds)))
}

pub(super) fn timestamp(time: OffsetDateTime) -> Timestamp {
    // A time has fewer than 10^9 nanoseconds.
    Timestamp { seconds: time.unix_timestamp(), nanos: i32::try_from(time.nanosecond()).unwrap_or_default() }
}

pub(super) fn size(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

pub(super) fn removed(removed: Removed) -> v1::Removed {
    use v1::removed::What;
    let what = match removed {
        Removed::Untagged(reference) => What::Untagged(reference.familiar()),
        Removed::Deleted(id) => What::Deleted(id.to_string()),
    };
    v1::Removed { what: Some(what) }
}

/// The image's ID and names belong to its newest step.
pub(super) fn history(image: &Image, steps: Vec<(HistoryStep, u64)>) -> v1::HistoryResponse {
    let mut entries: Vec<_> = steps.into_iter().map(history_entry).collect();
    if let Some(newest) = entries.first_mut() {
        newest.image_id = image.id.to_string();
        newest.tags = repo_tags(&image.tags);
    }
    v1::HistoryResponse { entries }
}

fn history_entry((step, bytes): (HistoryStep, u64)) -> v1::HistoryEntry {
    v1::HistoryEntry {
        created: step.created.map(timestamp),
        created_by: step.created_by,
        comment: step.comment,
        size: size(bytes),
        ..v1::HistoryEntry::default()
    }
}

pub(super) fn stored_credential(stored: StoredCredential) -> v1::StoredCredential {
    let kind = match stored.kind {
        CredentialKind::Password => v1::CredentialKind::Password,
        CredentialKind::IdentityToken => v1::CredentialKind::IdentityToken,
        CredentialKind::RegistryToken => v1::CredentialKind::RegistryToken,
    };
    v1::StoredCredential {
        registry: stored.registry.to_string(),
        username: stored.username,
        kind: kind.into(),
        updated: Some(timestamp(stored.updated)),
    }
}

pub(super) fn rate_limit(limit: RateLimit) -> v1::RateLimit {
    v1::RateLimit {
        registry: limit.registry.to_string(),
        source: limit.source,
        limit: size(limit.limit),
        remaining: size(limit.remaining),
        window: Some(prost_types::Duration { seconds: size(limit.window), nanos: 0 }),
        observed: Some(timestamp(limit.observed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_credential_is_none_and_tokens_go_before_a_password() {
        assert!(credential(None).is_none());
        assert!(credential(Some(v1::RegistryAuth::default())).is_none());
        let mut auth = v1::RegistryAuth { username: "u".into(), password: "p".into(), ..Default::default() };
        assert!(matches!(credential(Some(auth.clone())), Some(Credential::Password { .. })));
        auth.identity_token = "i".into();
        assert!(matches!(credential(Some(auth.clone())), Some(Credential::IdentityToken { .. })));
        auth.registry_token = "r".into();
        assert!(matches!(credential(Some(auth)), Some(Credential::RegistryToken(_))));
    }

    #[test]
    fn a_pull_by_digest_is_identified_by_its_canonical_reference() {
        let text = format!("nginx@{}", Digest::of(b""));
        let event = pull_event(PullEvent::Started(text.parse().unwrap()));
        let Some(v1::pull_event::Event::Started(started)) = event.event else { panic!("{event:?}") };
        assert_eq!(started.repository, "library/nginx");
        assert_eq!(started.id, format!("docker.io/library/{text}"));
    }

    #[test]
    fn a_time_survives_both_ways_and_nonsense_is_refused() {
        for seconds in [-62_135_596_800, 0, 1_795_211_767] {
            let stamp = Timestamp { seconds, nanos: 5 };
            assert_eq!(timestamp(time_of(stamp).unwrap()), stamp);
        }
        assert!(time_of(Timestamp { seconds: i64::MAX, nanos: 0 }).is_err());
    }
}
