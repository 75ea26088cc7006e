//! Events over gRPC: what operators and other services read.

use fixtures::{images::Image, process::until, registry::ScriptedRegistry, system::System};
use imageservice_proto::v1::{
    Event, EventAction, EventFilter, ListEventsRequest, ListEventsResponse, RemoveRequest, TagRequest,
    WatchEventsRequest, WatchEventsResponse, events_client::EventsClient,
};
use prost_types::Timestamp;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

async fn list(system: &System, request: ListEventsRequest) -> Result<ListEventsResponse, Status> {
    Ok(EventsClient::new(system.channel().await).list(request).await?.into_inner())
}

async fn all(system: &System, filter: EventFilter) -> Vec<(EventAction, String)> {
    let request = ListEventsRequest { filter: Some(filter), limit: 1000, ..Default::default() };
    list(system, request).await.unwrap().events.iter().map(said).collect()
}

fn said(event: &Event) -> (EventAction, String) {
    (event.action(), event.reference.clone())
}

async fn watch(system: &System, request: WatchEventsRequest) -> Streaming<WatchEventsResponse> {
    EventsClient::new(system.channel().await).watch(request).await.unwrap().into_inner()
}

async fn next(watch: &mut Streaming<WatchEventsResponse>) -> WatchEventsResponse {
    watch.message().await.unwrap().expect("the watch goes on")
}

async fn tag(system: &System, source: &str, tag: &str) {
    let request = TagRequest { source: source.into(), repository: "mine".into(), tag: tag.into() };
    system.images().await.tag(request).await.unwrap();
}

/// A system that has pulled `team/app:v1`, and its name.
async fn pulled() -> (ScriptedRegistry, System, String) {
    let (registry, system) = (ScriptedRegistry::start().await, System::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    let repository = format!("{}/team/app", registry.host());
    assert_eq!(system.engine().pull(&repository, "v1").await.status, 200);
    (registry, system, format!("{repository}:v1"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pull_is_told_of_and_of_everything_a_page_can_be_had() {
    let (registry, system, name) = pulled().await;
    let repository = format!("{}/team/app", registry.host());
    assert_eq!(system.engine().pull(&repository, "v1").await.status, 200);
    until("the pull that brought nothing is told of", async || {
        (all(&system, EventFilter::default()).await.len() == 2).then_some(())
    })
    .await;
    tag(&system, &name, "1").await;
    let remove = RemoveRequest { name: "mine:1".into(), force: false };
    system.images().await.remove(remove).await.unwrap();
    let mut told = Vec::new();
    let mut request = ListEventsRequest { limit: 1, ..Default::default() };
    loop {
        let page = list(&system, request.clone()).await.unwrap();
        assert!(page.events.len() <= 1);
        told.extend(page.events.iter().map(said));
        request.after = page.next_after;
        if !page.has_more {
            break;
        }
    }
    let mine = || "mine:1".to_owned();
    assert_eq!(
        told,
        [
            (EventAction::Pull, name.clone()),
            (EventAction::Pull, name.clone()),
            (EventAction::Tag, mine()),
            (EventAction::Untag, mine())
        ]
    );
    let filter = EventFilter { names: vec![repository], ..EventFilter::default() };
    assert_eq!(all(&system, filter).await.len(), 2, "by the repository");
    let filter = EventFilter { actions: vec![EventAction::Untag.into()], ..EventFilter::default() };
    assert_eq!(all(&system, filter).await, [(EventAction::Untag, mine())]);
    let filter = EventFilter { until: Some(Timestamp { seconds: 1, nanos: 0 }), ..EventFilter::default() };
    assert_eq!(all(&system, filter).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_what_is_done_after_it_began_and_can_be_taken_up_again() {
    let (_registry, mut system, name) = pulled().await;
    let mut live = watch(&system, WatchEventsRequest::default()).await;
    let begin = next(&mut live).await;
    assert_eq!((begin.event, begin.next_after), (None, 1));
    tag(&system, &name, "1").await;
    tag(&system, &name, "2").await;
    let first = next(&mut live).await;
    assert_eq!(said(first.event.as_ref().unwrap()), (EventAction::Tag, "mine:1".to_owned()));
    drop(live);
    system.kill_service();
    system.start_service();
    system.ready().await;
    let request = WatchEventsRequest { after: Some(first.next_after), filter: None };
    let mut again = watch(&system, request).await;
    assert_eq!(next(&mut again).await.event, None);
    assert_eq!(said(&next(&mut again).await.event.unwrap()), (EventAction::Tag, "mine:2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_of_what_has_passed_ends() {
    let (_registry, system, name) = pulled().await;
    let until = Timestamp { seconds: 4_000_000_000, nanos: 0 };
    let filter = EventFilter { since: Some(Timestamp::default()), ..EventFilter::default() };
    let whole = WatchEventsRequest { after: None, filter: Some(filter.clone()) };
    let mut open = watch(&system, whole).await;
    next(&mut open).await;
    let event = next(&mut open).await.event.unwrap();
    assert_eq!(said(&event), (EventAction::Pull, name));
    assert!(event.time.unwrap().seconds < until.seconds);
    let past = EventFilter { until: event.time, ..filter };
    let mut past = watch(&system, WatchEventsRequest { after: None, filter: Some(past) }).await;
    next(&mut past).await;
    assert_eq!(next(&mut past).await.event.unwrap(), event);
    assert_eq!(past.message().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_where_nothing_is_kept_is_told_so() {
    let (_registry, system, _) = pulled().await;
    for refused in [
        list(&system, ListEventsRequest { after: 7, ..Default::default() }).await.unwrap_err(),
        EventsClient::new(system.channel().await)
            .watch(WatchEventsRequest { after: Some(7), filter: None })
            .await
            .unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::OutOfRange);
        let info = refused.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.metadata["newest"].as_str()), ("EVENTS_EXPIRED", "1"));
    }
    for wrong in [
        ListEventsRequest { after: -1, ..Default::default() },
        ListEventsRequest { limit: 1001, ..Default::default() },
        ListEventsRequest { limit: -1, ..Default::default() },
        ListEventsRequest {
            filter: Some(EventFilter { actions: vec![99], ..EventFilter::default() }),
            ..Default::default()
        },
    ] {
        let refused = list(&system, wrong).await.unwrap_err();
        assert_eq!(refused.get_details_error_info().unwrap().reason, "ARGUMENT_INVALID");
    }
}
