use bytes::Bytes;

use super::*;
use crate::model::Digest;

fn image(content: &'static str) -> Image {
    Image {
        id: Digest::of(content.as_bytes()),
        config: Bytes::from_static(content.as_bytes()),
        layer_sizes: vec![],
        tags: vec![],
        digests: vec![],
        last_tagged: None,
    }
}

fn asked() -> (FoundCache, Namespace, ImageName) {
    (FoundCache::new("boot".into()), Namespace::default(), ImageName::parse("nginx").unwrap())
}

/// A look-up of what was asked for before.
fn begin_again(cache: &FoundCache, namespace: &Namespace, name: &ImageName) -> Moment {
    begin(cache, namespace, name);
    begin(cache, namespace, name)
}

fn begin(cache: &FoundCache, namespace: &Namespace, name: &ImageName) -> Moment {
    match cache.look_up(namespace, name) {
        LookUp::Miss(moment) => moment,
        LookUp::Hit(found) => panic!("{found:?} was kept"),
    }
}

#[test]
fn a_kept_answer_is_given_again_and_only_for_its_own_question() {
    let (cache, namespace, name) = asked();
    let kept = cache.keep(&begin_again(&cache, &namespace, &name), &namespace, &name, image("a"));
    let LookUp::Hit(again) = cache.look_up(&namespace, &name) else { panic!("it was not kept") };
    assert!(Arc::ptr_eq(&kept.image, &again.image) && Arc::ptr_eq(&kept.version, &again.version));
    begin(&cache, &"other".parse().unwrap(), &name);
    begin(&cache, &namespace, &ImageName::parse("nginx:1").unwrap());
}

#[test]
fn what_is_asked_for_once_is_not_kept_and_has_the_version_of_what_is() {
    let (cache, namespace, name) = asked();
    let once = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("a"));
    let twice = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("a"));
    assert_eq!(once.version, twice.version);
    assert!(matches!(cache.look_up(&namespace, &name), LookUp::Hit(_)));
}

#[test]
fn a_change_ends_every_kept_answer_and_gives_new_versions() {
    let (cache, namespace, name) = asked();
    let old = cache.keep(&begin_again(&cache, &namespace, &name), &namespace, &name, image("a"));
    drop(cache.changing());
    let new = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("b"));
    assert_ne!(old.version, new.version);
    let again = cache.look_up(&namespace, &name);
    assert!(matches!(again, LookUp::Hit(_)), "what was kept once is worth keeping");
}

#[test]
fn what_was_read_across_a_commit_is_not_kept_and_its_version_never_returns() {
    let (cache, namespace, name) = asked();
    let before = begin_again(&cache, &namespace, &name);
    let changing = cache.changing();
    let during = begin(&cache, &namespace, &name);
    let answers = [
        cache.keep(&before, &namespace, &name, image("a")),
        cache.keep(&before, &namespace, &name, image("b")),
        cache.keep(&during, &namespace, &name, image("b")),
    ];
    drop(changing);
    let late = cache.keep(&during, &namespace, &name, image("b"));
    let after = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("b"));
    let mut versions: Vec<_> = answers.iter().chain([&late, &after]).map(|found| &found.version).collect();
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), 5);
}
