//! Who has lately been let in by a registry, and for what. Kept in memory: to forget a proof costs one HEAD.

use std::time::Duration;

use moka::sync::Cache;

use crate::model::{Caller, Fingerprint, Reference, Repository, Tag};

const MOST: u64 = 100_000;

/// Whose proof it is: an identity's, for the credential that it asked with. Another identity's that has the same credential, or may use the one of
/// their namespace, is another's.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Holder {
    identity: Box<str>,
    fingerprint: Fingerprint,
}

impl Holder {
    pub(super) fn new(caller: &Caller, fingerprint: Fingerprint) -> Self {
        Self { identity: caller.name.clone(), fingerprint }
    }
}

#[derive(Debug)]
pub(super) struct Proofs {
    /// A tag may move at any time, so its proof lives as long as an operator lets a tag go unasked.
    tags: Cache<(Repository, Tag, Holder), ()>,
    /// Content under a digest cannot change: who may read the repository may have it.
    repositories: Cache<(Repository, Holder), ()>,
    tag_ttl: Duration,
}

impl Proofs {
    pub(super) fn new(tag_ttl: Duration, access_ttl: Duration) -> Self {
        Self {
            tags: Cache::builder().max_capacity(MOST).time_to_live(tag_ttl).build(),
            repositories: Cache::builder().max_capacity(MOST).time_to_live(access_ttl).build(),
            tag_ttl,
        }
    }

    /// The registry has just answered this caller.
    pub(super) fn accept(&self, reference: &Reference, holder: Holder) {
        if let (Some(tag), None) = (&reference.tag, &reference.digest)
            && !self.tag_ttl.is_zero()
        {
            self.tags.insert((reference.repository.clone(), tag.clone(), holder.clone()), ());
        }
        self.repositories.insert((reference.repository.clone(), holder), ());
    }

    /// The registry need not be asked again.
    pub(super) fn accepted(&self, reference: &Reference, holder: &Holder) -> bool {
        let (repository, holder) = (reference.repository.clone(), holder.clone());
        match (&reference.tag, &reference.digest) {
            (_, Some(_)) => self.repositories.contains_key(&(repository, holder)),
            (Some(tag), None) => {
                !self.tag_ttl.is_zero() && self.tags.contains_key(&(repository, tag.clone(), holder))
            }
            (None, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Credential, Digest, FingerprintKey, Namespace};

    fn holder(identity: &str, fingerprint: Fingerprint) -> Holder {
        Holder::new(&Caller { name: identity.into(), ..Caller::anyone() }, fingerprint)
    }

    #[test]
    fn a_proof_is_good_for_one_caller_and_for_content_that_cannot_change() {
        let key = FingerprintKey::random().unwrap();
        let shared = key.fingerprint(&Namespace::default(), Some(&Credential::RegistryToken("a".into())));
        let alice = holder("alice", shared);
        let proofs = Proofs::new(Duration::ZERO, Duration::from_secs(300));
        let tag: Reference = "team/app:1".parse().unwrap();
        let digest: Reference = format!("team/app@{}", Digest::of(b"")).parse().unwrap();
        let elsewhere: Reference = format!("team/other@{}", Digest::of(b"")).parse().unwrap();

        proofs.accept(&tag, alice.clone());

        assert!(proofs.accepted(&digest, &alice));
        let anonymous = key.fingerprint(&Namespace::default(), None);
        assert!(!proofs.accepted(&digest, &holder("alice", anonymous)));
        assert!(
            !proofs.accepted(&digest, &holder("bob", shared)),
            "the same credential, and another identity"
        );
        assert!(!proofs.accepted(&elsewhere, &alice));
        assert!(!proofs.accepted(&tag, &alice), "a tag is asked for each time");
    }

    #[test]
    fn a_tag_goes_unasked_for_its_ttl_where_an_operator_says_so() {
        let fingerprint = FingerprintKey::random().unwrap().fingerprint(&Namespace::default(), None);
        let alice = holder("alice", fingerprint);
        let proofs = Proofs::new(Duration::from_secs(60), Duration::from_secs(300));
        let (one, two): (Reference, Reference) = ("app:1".parse().unwrap(), "app:2".parse().unwrap());
        proofs.accept(&one, alice.clone());
        assert!(proofs.accepted(&one, &alice) && !proofs.accepted(&two, &alice));
    }
}
