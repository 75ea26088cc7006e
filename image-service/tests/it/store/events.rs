use std::{num::NonZeroU64, time::Duration};

use image_service::{
    error::Error,
    model::{Credential, Event, EventAction, EventSubject, Namespace, Reference, RegistryHost},
    ports::{Deed, EventPage, EventSpan, ImageStore},
};
use serde_json::json;
use time::OffsetDateTime;

use super::{
    Stores, elsewhere, here,
    pulls::{name, pull, pull_into, upstream},
    removing::everything,
};

async fn page(stores: &Stores, namespace: &Namespace, after: u64, limit: u32) -> EventPage {
    let span = EventSpan { after, ..EventSpan::default() };
    stores.events.events(namespace, &span, limit).await.unwrap()
}

async fn all(stores: &Stores, namespace: &Namespace) -> Vec<Event> {
    page(stores, namespace, 0, 1000).await.events
}

/// `action subject`, of each.
async fn told(stores: &Stores, namespace: &Namespace) -> Vec<String> {
    all(stores, namespace).await.iter().map(said).collect()
}

pub(super) fn said(event: &Event) -> String {
    match &event.subject {
        EventSubject::Credential(registry) => format!("{} {registry}", event.action),
        EventSubject::Image { reference: Some(reference), .. } => {
            format!("{} {}", event.action, reference.familiar())
        }
        EventSubject::Image { id, reference: None } => format!("{} {id}", event.action),
    }
}

pub(super) async fn tag(images: &dyn ImageStore, source: &str, target: &str) {
    let target: Reference = target.parse().unwrap();
    images.tag(&here(), &name(source), &target.repository, &target.tag.unwrap()).await.unwrap();
}

pub(super) async fn every_change_is_told_in_its_order(stores: &Stores) {
    let (app, ghcr): (_, RegistryHost) = (upstream("app"), "ghcr.io".parse().unwrap());
    let before = OffsetDateTime::now_utc();
    pull(&*stores.images, "app:1", &app).await;
    tag(&*stores.images, "app:1", "mine:2").await;
    let pushed: Reference = "mine:2".parse().unwrap();
    let manifest = app.resolved().manifest;
    stores.locations.record_push(&here(), &app.id(), &pushed, &manifest).await.unwrap();
    let secret = Credential::RegistryToken("t".into());
    stores.credentials.put(&here(), &ghcr, &secret).await.unwrap();
    stores.credentials.forget(&here(), &ghcr).await.unwrap();
    stores.images.remove(&here(), &name(&app.id().to_string()), Box::new(everything)).await.unwrap();
    let id = app.id();
    assert_eq!(
        told(stores, &here()).await,
        [
            "pull app:1",
            "tag mine:2",
            "push mine:2",
            "credential-stored ghcr.io",
            "credential-forgotten ghcr.io",
            "untag app:1",
            &format!("untag app@{}", app.top()),
            "untag mine:2",
            &format!("untag mine@{}", app.top()),
            &format!("delete {id}"),
        ]
    );
    let events = all(stores, &here()).await;
    assert!(events.iter().map(|event| event.sequence).eq(1..=10), "without a gap");
    let now = OffsetDateTime::now_utc();
    assert!(events.iter().all(|event| (before..=now).contains(&event.time)));
}

pub(super) async fn a_name_takes_its_digests_along_in_silence(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app:1", &app).await;
    stores.images.remove(&here(), &name("app:1"), Box::new(everything)).await.unwrap();
    assert_eq!(told(stores, &here()).await, ["pull app:1", "untag app:1", &format!("delete {}", app.id())]);
}

pub(super) async fn what_was_refused_or_changed_nothing_is_not_told(stores: &Stores) {
    let (repository, tag) = ("app".parse().unwrap(), "1".parse().unwrap());
    stores.images.tag(&here(), &name("nosuch"), &repository, &tag).await.unwrap_err();
    assert!(!stores.credentials.forget(&here(), &"ghcr.io".parse().unwrap()).await.unwrap());
    pull(&*stores.images, "app:1", &upstream("app")).await;
    let refuse = Box::new(|_: &_| Err(Error::Argument("no".into())));
    stores.images.remove(&here(), &name("app:1"), refuse).await.unwrap_err();
    assert_eq!(told(stores, &here()).await, ["pull app:1"]);
}

pub(super) async fn what_is_done_without_a_change_can_be_written_down(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app:1", &app).await;
    let deed = |action, reference| Deed { namespace: here(), action, image: app.id(), reference };
    let again = deed(EventAction::Pull, Some("app:1".parse().unwrap()));
    stores.events.note(vec![again, deed(EventAction::Save, None)]).await.unwrap();
    assert_eq!(told(stores, &here()).await, ["pull app:1", "pull app:1", &format!("save {}", app.id())]);
}

pub(super) async fn an_event_has_the_labels_of_its_image_unless_they_are_long(stores: &Stores) {
    let labelled = |name: &str, value: String| upstream(name).labelled(json!({ "k": value }));
    pull(&*stores.images, "short:1", &labelled("short", "v".to_owned())).await;
    pull(&*stores.images, "long:1", &labelled("long", "v".repeat(10_000))).await;
    stores.images.remove(&here(), &name("short:1"), Box::new(everything)).await.unwrap();
    let labels: Vec<_> = all(stores, &here()).await.into_iter().map(|event| event.labels).collect();
    let short = [("k".to_owned(), "v".to_owned())].into();
    assert_eq!(labels, [&short, &[].into(), &short, &short].map(Clone::clone), "as it was when it went");
}

pub(super) async fn a_namespace_has_its_own_events_and_numbers_are_of_all(stores: &Stores) {
    pull(&*stores.images, "mine:1", &upstream("mine")).await;
    pull_into(&*stores.images, &elsewhere(), "theirs:1", &upstream("theirs")).await.unwrap();
    assert_eq!(told(stores, &here()).await, ["pull mine:1"]);
    assert_eq!(told(stores, &elsewhere()).await, ["pull theirs:1"]);
    let mine = page(stores, &here(), 0, 10).await;
    assert_eq!(
        (mine.next, mine.is_last, mine.oldest, mine.newest),
        (2, true, 1, 2),
        "what others do passes by"
    );
    assert_eq!(page(stores, &here(), 2, 10).await.events, []);
}

pub(super) async fn pages_of_any_size_tell_every_event_once(stores: &Stores) {
    for number in 0..7 {
        pull(&*stores.images, &format!("app:{number}"), &upstream("app")).await;
    }
    for size in 1..=8 {
        let (mut after, mut numbers) = (0, Vec::new());
        loop {
            let page = page(stores, &here(), after, size).await;
            numbers.extend(page.events.iter().map(|event| event.sequence));
            after = page.next;
            if page.is_last {
                break;
            }
        }
        assert!(numbers.iter().copied().eq(1..=7) && after == 7, "{size}: {numbers:?}");
    }
}

pub(super) async fn times_bound_what_is_told(stores: &Stores) {
    for number in 0..3 {
        pull(&*stores.images, &format!("app:{number}"), &upstream("app")).await;
    }
    let events = all(stores, &here()).await;
    let numbers = async |since: Option<OffsetDateTime>, until: Option<OffsetDateTime>| {
        let span = EventSpan { after: 0, since, until };
        let page = stores.events.events(&here(), &span, 10).await.unwrap();
        page.events.iter().map(|event| event.sequence).collect::<Vec<_>>()
    };
    assert_eq!(numbers(Some(events[1].time), None).await, [2, 3]);
    assert_eq!(numbers(None, Some(events[1].time)).await, [1, 2]);
    assert_eq!(numbers(Some(events[1].time), Some(events[1].time)).await, [2]);
    assert!(numbers(Some(events[2].time + Duration::from_secs(1)), None).await.is_empty());
}

pub(super) async fn sweeping_leaves_the_newest_and_numbers_go_on(stores: &Stores) {
    let long_ago = OffsetDateTime::UNIX_EPOCH;
    assert_eq!(stores.events.sweep_events(1, long_ago).await.unwrap(), 0);
    for number in 0..5 {
        pull(&*stores.images, &format!("app:{number}"), &upstream("app")).await;
    }
    assert_eq!(stores.events.sweep_events(3, long_ago).await.unwrap(), 2);
    assert_eq!(stores.events.sweep_events(3, long_ago).await.unwrap(), 0);
    assert_eq!(page(stores, &here(), 0, 10).await.oldest, 3);
    let fourth = all(stores, &here()).await[1].time;
    assert_eq!(stores.events.sweep_events(NonZeroU64::MAX.get(), fourth).await.unwrap(), 1);
    let soon = OffsetDateTime::now_utc() + Duration::from_secs(60);
    assert_eq!(stores.events.sweep_events(10, soon).await.unwrap(), 1);
    assert_eq!(told(stores, &here()).await, ["pull app:4"]);
    pull(&*stores.images, "app:5", &upstream("app")).await;
    assert_eq!(all(stores, &here()).await.last().unwrap().sequence, 6);
}

pub(super) async fn a_change_is_noticed_though_it_came_before_anyone_waited(stores: &Stores) {
    let mut changes = stores.events.changes();
    pull(&*stores.images, "app", &upstream("app")).await;
    changes.next().await;
}
