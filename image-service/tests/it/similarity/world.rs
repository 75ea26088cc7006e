//! What the sentences about similarity are told with.

use fixtures::{
    peers::{Archive, Recipe},
    process::until,
    system::System,
};
use imageservice_proto::v1::{
    IndexFinished, IndexRequest, SearchRequest, SearchResponse, index_event::Event, search_request::Like,
};
use tonic::Status;
use tonic_types::StatusExt;

/// Images are indexed when someone says so.
pub(super) const ON_DEMAND: &str = "";
/// Images are indexed as they come.
pub(super) const ENABLED: &str = "[similarity]\nenabled = true\n";

pub(super) fn like_text(text: &str) -> SearchRequest {
    SearchRequest { like: Some(Like::Text(text.to_owned())), ..SearchRequest::default() }
}

pub(super) fn like_image(name: &str) -> SearchRequest {
    SearchRequest { like: Some(Like::Image(name.to_owned())), ..SearchRequest::default() }
}

pub(super) async fn load(system: &System, images: &[(&Recipe, &[&str])]) {
    let answer = system.engine().load(Archive::docker(images).tar()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

pub(super) async fn search(system: &System, request: SearchRequest) -> Result<SearchResponse, Status> {
    Ok(system.similarity().await.search(request).await?.into_inner())
}

/// The first name of each image that a search finds, or its ID if it has none.
pub(super) async fn found(system: &System, request: SearchRequest) -> Vec<String> {
    let images = search(system, request).await.unwrap().images;
    images.into_iter().map(|image| image.repo_tags.into_iter().next().unwrap_or(image.id)).collect()
}

/// Indexes to the end.
pub(super) async fn index(system: &System, name: &str) -> Result<IndexFinished, Status> {
    let request = IndexRequest { name: name.to_owned() };
    let mut events = system.similarity().await.index(request).await?.into_inner();
    let mut finished = None;
    while let Some(event) = events.message().await? {
        assert_eq!(finished, None, "nothing comes after the end");
        if let Some(Event::Finished(end)) = event.event {
            finished = Some(end);
        }
    }
    Ok(finished.expect("an index that does not fail says that it has finished"))
}

/// Waits until so many images are there and all of them can be found.
pub(super) async fn indexed(system: &System, images: usize) {
    until("all images are indexed", async || {
        let answer = search(system, SearchRequest { limit: 100, ..like_text("anything") }).await.ok()?;
        (answer.not_indexed == 0 && answer.images.len() == images).then_some(())
    })
    .await;
}

/// The machine-readable reason of a refusal.
pub(super) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
