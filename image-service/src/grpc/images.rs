//! `imageservice.v1.Images`.

use futures_util::{Stream, StreamExt, stream};
use imageservice_proto::v1::{self, images_server::Images};
use tonic::{Request, Response, Status, Streaming};

use super::{access::caller_of, archives, convert, namespace_of, push, status::failed};
use crate::ops::{Operations, PushRequest};

/// Image calls, each one operation.
#[derive(Clone, Debug)]
pub(super) struct ImagesService(pub(super) Operations);

type Answers<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Images for ImagesService {
    type PullStream = Answers<v1::PullEvent>;
    type ListStream = Answers<v1::ImageSummary>;
    type LoadStream = Answers<v1::LoadEvent>;
    type ImportStream = Answers<v1::ImportEvent>;
    type SaveStream = Answers<v1::SaveChunk>;
    type PushStream = Answers<v1::PushEvent>;

    async fn pull(&self, request: Request<v1::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let caller = caller_of(&request).cloned()?;
        let request = convert::pull_request(request.into_inner()).map_err(failed("Pull"))?;
        let pulling = self.0.pull(caller, request).await.map_err(failed("Pull"))?;
        let events = stream::try_unfold(pulling, |mut pulling| async {
            let event = pulling.next().await.map_err(failed("Pull"))?;
            Ok(event.map(|event| (convert::pull_event(event), pulling)))
        });
        Ok(Response::new(events.boxed()))
    }

    async fn inspect(
        &self,
        request: Request<v1::InspectRequest>,
    ) -> Result<Response<v1::InspectResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let v1::InspectRequest { name, known_version } = request.into_inner();
        let found = self.0.inspect(&namespace, &name).await.map_err(failed("Inspect"))?;
        let image = (*found.version != *known_version).then(|| convert::image(&found.image));
        Ok(Response::new(v1::InspectResponse { version: found.version.to_string(), image }))
    }

    async fn list(&self, request: Request<v1::ListRequest>) -> Result<Response<Self::ListStream>, Status> {
        let namespace = namespace_of(&request)?;
        let filters = convert::list_filters(request.into_inner().filters).map_err(failed("List"))?;
        let listing = self.0.list(namespace, filters).await.map_err(failed("List"))?;
        let pages = stream::try_unfold(listing, |mut listing| async {
            let page = listing.next_page().await.map_err(failed("List"))?;
            Ok((!page.is_empty()).then_some((page, listing)))
        });
        let images = pages.flat_map(|page: Result<_, Status>| match page {
            Ok(page) => stream::iter(page).map(|image| Ok(convert::summary(image))).boxed(),
            Err(status) => stream::iter([Err(status)]).boxed(),
        });
        Ok(Response::new(images.boxed()))
    }

    async fn tag(&self, request: Request<v1::TagRequest>) -> Result<Response<v1::TagResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let v1::TagRequest { source, repository, tag } = request.into_inner();
        let tagged = self.0.tag(&namespace, &source, &repository, &tag).await;
        let (image, reference) = tagged.map_err(failed("Tag"))?;
        Ok(Response::new(v1::TagResponse { image_id: image.to_string(), reference: reference.familiar() }))
    }

    async fn remove(
        &self,
        request: Request<v1::RemoveRequest>,
    ) -> Result<Response<v1::RemoveResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let v1::RemoveRequest { name, force } = request.into_inner();
        let removed = self.0.remove(&namespace, &name, force).await.map_err(failed("Remove"))?;
        let removed = removed.into_iter().map(convert::removed).collect();
        Ok(Response::new(v1::RemoveResponse { removed }))
    }

    async fn history(
        &self,
        request: Request<v1::HistoryRequest>,
    ) -> Result<Response<v1::HistoryResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let name = request.into_inner().name;
        let (found, steps) = self.0.history(&namespace, &name).await.map_err(failed("History"))?;
        Ok(Response::new(convert::history(&found.image, steps)))
    }

    async fn load(
        &self,
        request: Request<Streaming<v1::LoadRequest>>,
    ) -> Result<Response<Self::LoadStream>, Status> {
        let namespace = namespace_of(&request)?;
        let (wanted, body) = archives::load_request(request.into_inner()).await.map_err(failed("Load"))?;
        let loading = self.0.load(namespace, wanted, body).map_err(failed("Load"))?;
        Ok(Response::new(archives::events(failed("Load"), loading, archives::load_event).boxed()))
    }

    async fn import(
        &self,
        request: Request<Streaming<v1::ImportRequest>>,
    ) -> Result<Response<Self::ImportStream>, Status> {
        let namespace = namespace_of(&request)?;
        let (order, body) = archives::import_request(request.into_inner()).await.map_err(failed("Import"))?;
        let importing = self.0.import(namespace, order, body).map_err(failed("Import"))?;
        Ok(Response::new(archives::events(failed("Import"), importing, archives::import_event).boxed()))
    }

    async fn save(&self, request: Request<v1::SaveRequest>) -> Result<Response<Self::SaveStream>, Status> {
        let namespace = namespace_of(&request)?;
        let names = request.into_inner().names;
        let saving = self.0.save(namespace, &names).await.map_err(failed("Save"))?;
        let chunks = saving.map(|piece| piece.map(|data| v1::SaveChunk { data }).map_err(failed("Save")));
        Ok(Response::new(chunks.boxed()))
    }

    async fn push(&self, request: Request<v1::PushRequest>) -> Result<Response<Self::PushStream>, Status> {
        let namespace = namespace_of(&request)?;
        let v1::PushRequest { repository, tag, auth } = request.into_inner();
        let order = PushRequest { repository, tag, credential: convert::credential(auth) };
        let pushing = self.0.push(namespace, order).map_err(failed("Push"))?;
        Ok(Response::new(archives::events(failed("Push"), pushing, push::event).boxed()))
    }

    async fn resolve(
        &self,
        request: Request<v1::ResolveRequest>,
    ) -> Result<Response<v1::ResolveResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let name = request.into_inner().name;
        let resolved = self.0.resolve(&namespace, &name).await.map_err(failed("Resolve"))?;
        Ok(Response::new(convert::resolved(&resolved)))
    }

    async fn distribution_inspect(
        &self,
        request: Request<v1::DistributionInspectRequest>,
    ) -> Result<Response<v1::DistributionInspectResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let v1::DistributionInspectRequest { reference, auth } = request.into_inner();
        let credential = convert::credential(auth);
        let found = self.0.distribution(&namespace, &reference, credential).await;
        let found = found.map_err(failed("DistributionInspect"))?;
        Ok(Response::new(convert::distribution(&found)))
    }
}
