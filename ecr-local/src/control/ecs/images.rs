//! What the images of a task are: those that lie here by their digests.

use crate::{
    control::{call::Call, errors::Error},
    manifest::{for_platform, media_type},
    model::{Address, Digest, ImageStatus, Reference, RegistryId, RepositoryName, is_public_host},
};

/// What became of pulling an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Pulled {
    /// In a registry that is not this one, so nothing is known of it.
    Elsewhere,
    /// The digest of the manifest that the reference names.
    Here(Digest),
    /// Why it is not to be had.
    Not(String),
}

/// What a task runs on, as images name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Platform {
    pub(super) os: &'static str,
    pub(super) architecture: &'static str,
}

/// Pulls an image as ECS does for a caller's task, in a role: their own, and what is public. The digest is that of the whole image, even if it is for several
/// platforms.
pub(super) async fn pull(
    call: &Call<'_>,
    image: &str,
    platform: Platform,
    role: Option<&str>,
) -> Result<Pulled, Error> {
    let Some((host, rest)) = image.split_once('/').filter(|(host, _)| is_here(call, host)) else {
        return Ok(Pulled::Elsewhere);
    };
    let missing =
        || Ok(Pulled::Not(not_pulled(&format!("failed to resolve ref {image}: {image}: not found"))));
    let Some((name, reference)) = named(rest) else { return missing() };
    let registry = match Address::of(host, name) {
        Address::Private(Some(registry), _)
            if !call.is_trusted && registry.account != call.registry.account =>
        {
            let why =
                format!("failed to resolve ref {image}: unexpected status from HEAD request: 403 Forbidden");
            return Ok(Pulled::Not(not_pulled(&why)));
        }
        Address::Private(Some(registry), _) => Some(registry),
        // A password of the caller would open their own registry there.
        Address::Private(None, _) if call.is_trusted => Some(RegistryId::default()),
        Address::Private(None, _) => Some(call.registry.clone()),
        Address::Public { alias, .. } => {
            let account = call.state().account_of_alias(alias).await?;
            account.map(|account| RegistryId::public(&account))
        }
    };
    let (Address::Private(_, own) | Address::Public { name: own, .. }) = Address::of(host, name);
    let (Some(registry), Ok(own)) = (registry, own.parse::<RepositoryName>()) else { return missing() };
    let Some(repository) = call.state().repository(&registry, &own).await? else { return missing() };
    let Some(found) = call.state().manifest(repository, &reference).await? else { return missing() };
    if found.status != ImageStatus::Active {
        return Ok(Pulled::Not(not_pulled(&format!("failed to resolve ref {image}: the image is archived"))));
    }
    let is_list = [media_type::DOCKER_LIST, media_type::OCI_INDEX].contains(&&*found.media_type);
    if is_list && for_platform(&found.content, platform.os, platform.architecture).is_none() {
        let Platform { os, architecture } = platform;
        let why = format!(
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform '{os}/{architecture}'"
        );
        return Ok(Pulled::Not(why));
    }
    call.state().note_pull(&registry, repository, &found, role).await?;
    Ok(Pulled::Here(found.digest))
}

/// Whether a host is one of ECR's, or this server as the caller calls it.
fn is_here(call: &Call<'_>, host: &str) -> bool {
    RegistryId::of_host(host).is_some() || is_public_host(host) || host.eq_ignore_ascii_case(&call.host)
}

/// The path of a repository, and what is wanted of it. The tag beside a digest says nothing.
fn named(text: &str) -> Option<(&str, Reference)> {
    let (path, digest) = match text.split_once('@') {
        Some((path, digest)) => (path, Some(digest)),
        None => (text, None),
    };
    let (name, tag) = path.split_once(':').unwrap_or((path, "latest"));
    Some((name, digest.unwrap_or(tag).parse().ok()?))
}

fn not_pulled(why: &str) -> String {
    format!("CannotPullContainerError: pull image manifest has been retried 1 time(s): {why}")
}
