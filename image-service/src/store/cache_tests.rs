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
    assert!(Arc::ptr_eq(&kept.image, &again.image));
    assert!(kept.version.is_some() && kept.version == again.version);
    begin(&cache, &"other".parse().unwrap(), &name);
    begin(&cache, &namespace, &ImageName::parse("nginx:1").unwrap());
}

#[test]
fn what_is_asked_for_once_is_not_kept() {
    let (cache, namespace, name) = asked();
    let once = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("a"));
    assert_eq!(once.version, None);
    let twice = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("a"));
    assert!(twice.version.is_some() && matches!(cache.look_up(&namespace, &name), LookUp::Hit(_)));
}

#[test]
fn a_change_ends_every_kept_answer_and_gives_new_versions() {
    let (cache, namespace, name) = asked();
    let old = cache.keep(&begin_again(&cache, &namespace, &name), &namespace, &name, image("a"));
    drop(cache.changing());
    let new = cache.keep(&begin(&cache, &namespace, &name), &namespace, &name, image("b"));
    assert!(new.version.is_some(), "what was kept once is known");
    assert_ne!(old.version, new.version);
}

#[test]
fn what_was_read_across_a_commit_is_not_kept_and_has_no_version() {
    let (cache, namespace, name) = asked();
    let before = begin_again(&cache, &namespace, &name);
    let changing = cache.changing();
    let during = begin(&cache, &namespace, &name);
    let keep = |moment, content| cache.keep(moment, &namespace, &name, image(content));
    let answers = [keep(&before, "a"), keep(&before, "b"), keep(&during, "b")];
    drop(changing);
    let late = keep(&during, "b");
    assert!(answers.iter().chain([&late]).all(|found| found.version.is_none()));
    assert!(keep(&begin(&cache, &namespace, &name), "b").version.is_some());
}
