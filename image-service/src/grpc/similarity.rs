//! `imageservice.v1.Similarity`.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use imageservice_proto::v1::{self, search_request, similarity_server::Similarity};
use tonic::{Request, Response, Status};

use super::{
    convert::{repo_digests, repo_tags, size},
    namespace_of,
    status::failed,
};
use crate::{
    error::{Error, Result},
    model::SharedLayers,
    ops::{IndexEvent, Like, Operations, Similar, SimilarImage, SimilarRequest},
};

/// What a search answers if it does not say how many.
const USUAL_LIMIT: usize = 10;

/// Similarity calls, each one operation.
#[derive(Clone, Debug)]
pub(super) struct SimilarityService(pub(super) Operations);

#[tonic::async_trait]
impl Similarity for SimilarityService {
    type IndexStream = Pin<Box<dyn Stream<Item = Result<v1::IndexEvent, Status>> + Send>>;

    async fn index(&self, request: Request<v1::IndexRequest>) -> Result<Response<Self::IndexStream>, Status> {
        let namespace = namespace_of(&request)?;
        let name = request.into_inner().name;
        let indexing = self.0.index(namespace, &name).await.map_err(failed("Index"))?;
        let embedder = self.0.embedder().version().to_owned();
        let events = stream::try_unfold(indexing, |mut indexing| async {
            let event = indexing.next().await.map_err(failed("Index"))?;
            Ok(event.map(|event| (event, indexing)))
        });
        Ok(Response::new(events.map(move |event| event.map(|event| index_event(event, &embedder))).boxed()))
    }

    async fn search(
        &self,
        request: Request<v1::SearchRequest>,
    ) -> Result<Response<v1::SearchResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let request = search_request(request.into_inner()).map_err(failed("Search"))?;
        let similar = self.0.similar(&namespace, request).await.map_err(failed("Search"))?;
        Ok(Response::new(search_response(similar)))
    }
}

fn index_event(event: IndexEvent, embedder: &str) -> v1::IndexEvent {
    use v1::index_event::Event;
    let event = match event {
        IndexEvent::Progress { done, remaining } => Event::Progress(v1::IndexProgress {
            indexed: size(done.images),
            without_vector: size(done.without_vector),
            remaining: size(remaining),
        }),
        IndexEvent::Finished(done) => Event::Finished(v1::IndexFinished {
            indexed: size(done.images),
            without_vector: size(done.without_vector),
            embedder: embedder.to_owned(),
        }),
    };
    v1::IndexEvent { event: Some(event) }
}

fn search_request(request: v1::SearchRequest) -> Result<SimilarRequest> {
    let v1::SearchRequest { like, limit, minimum_score, labels, platform, shares_layers_with } = request;
    let like = match like {
        Some(search_request::Like::Image(name)) => Like::Image(name),
        Some(search_request::Like::Text(text)) => Like::Text(text),
        None => return Err(Error::Argument("neither an image nor a text to look for is given".into())),
    };
    let limit = match limit {
        0 => USUAL_LIMIT,
        limit => usize::try_from(limit).unwrap_or(0),
    };
    let platform = if platform.is_empty() { None } else { Some(platform.parse()?) };
    let shares_layers_with = Some(shares_layers_with).filter(|name| !name.is_empty());
    Ok(SimilarRequest { like, limit, minimum_score, labels, platform, shares_layers_with })
}

fn search_response(similar: Similar) -> v1::SearchResponse {
    v1::SearchResponse {
        images: similar.images.into_iter().map(similar_image).collect(),
        not_indexed: size(similar.not_indexed),
        embedder: similar.embedder,
    }
}

fn similar_image(SimilarImage { neighbour, tags, digests }: SimilarImage) -> v1::SimilarImage {
    v1::SimilarImage {
        id: neighbour.image.to_string(),
        repo_tags: repo_tags(&tags),
        repo_digests: repo_digests(&digests),
        score: neighbour.score,
        similarity: neighbour.similarity,
        shared_layers: neighbour.shared.map(shared_layers),
    }
}

fn shared_layers(SharedLayers { count, bytes, share }: SharedLayers) -> v1::SharedLayers {
    v1::SharedLayers { count: i32::try_from(count).unwrap_or(i32::MAX), bytes: size(bytes), share }
}
