//! The calls that carry whole archives, and those that nobody knows the end of: each on a connection of its own, as what one end does not take in time fills the window that
//! all calls of a connection share. None has a deadline; that a remote service is gone shows in its keep-alive.

use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use imageservice_proto::v1::{
    ArchiveEnd, ImportEvent, ImportOptions, ImportRequest, LoadEvent, LoadOptions, LoadRequest, SaveChunk,
    SaveRequest, WatchEventsRequest, WatchEventsResponse, events_client::EventsClient,
    images_client::ImagesClient, import_request, load_request,
};
use telemetry::grpc::Asking;
use tonic::{Response, Status, Streaming, transport::Channel};

use super::{Authorized, CallError, Events, LARGEST_MESSAGE, Part, Upload, UploadSender, Upstream, trouble};

/// The events of a call that takes a body, its beginning included.
pub(crate) type CallEvents<T> = BoxStream<'static, Result<T, CallError>>;

impl Upstream {
    /// The body goes through the sender while the events are asked for.
    pub(crate) fn load(&self, options: LoadOptions) -> (UploadSender, CallEvents<LoadEvent>) {
        use load_request::Part as Sent;
        let (sender, upload) = Upload::new();
        let channel = self.own_channel();
        let call = async move {
            let body = upload.parts().map(|part| match part {
                Part::Chunk(bytes) => Sent::Chunk(bytes),
                Part::End => Sent::End(ArchiveEnd {}),
            });
            let parts = stream::iter([Sent::Options(options)]).chain(body);
            ImagesClient::new(channel?).load(parts.map(|part| LoadRequest { part: Some(part) })).await
        };
        (sender, self.events_of(call))
    }

    /// As `load`.
    pub(crate) fn import(&self, options: ImportOptions) -> (UploadSender, CallEvents<ImportEvent>) {
        use import_request::Part as Sent;
        let (sender, upload) = Upload::new();
        let channel = self.own_channel();
        let call = async move {
            let body = upload.parts().map(|part| match part {
                Part::Chunk(bytes) => Sent::Chunk(bytes),
                Part::End => Sent::End(ArchiveEnd {}),
            });
            let parts = stream::iter([Sent::Options(options)]).chain(body);
            ImagesClient::new(channel?).import(parts.map(|part| ImportRequest { part: Some(part) })).await
        };
        (sender, self.events_of(call))
    }

    pub(crate) async fn save(&self, request: SaveRequest) -> Result<Events<SaveChunk>, CallError> {
        let channel = self.own_channel().map_err(CallError::Refused)?;
        let mut images = ImagesClient::new(channel).max_decoding_message_size(LARGEST_MESSAGE);
        let answer = images.save(request).await;
        self.patient(answer)
    }

    /// Has no deadline: nobody knows when something is done.
    pub(crate) async fn watch_events(
        &self,
        request: WatchEventsRequest,
    ) -> Result<Events<WatchEventsResponse>, CallError> {
        let channel = self.own_channel().map_err(CallError::Refused)?;
        let answer = EventsClient::new(channel).watch(request).await;
        self.patient(answer)
    }

    fn events_of<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<Response<Streaming<T>>, Status>> + Send + 'static,
    ) -> CallEvents<T> {
        let address = self.address().clone();
        let events = stream::once(call).map_ok(Response::into_inner).try_flatten();
        events.map_err(move |status| trouble::explain(status, &address)).boxed()
    }

    fn own_channel(&self) -> Result<Asking<Authorized<Channel>>, Status> {
        self.0.own_channel().map_err(|error| Status::unavailable(format!("{error:#}")))
    }
}
