//! A call that takes a body: the test says what is answered and when, and sees what has come.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use imageservice_proto::v1::{
    ImportOptions, ImportRequest, LoadOptions, LoadRequest, import_request, load_request,
};
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Code, Response, Status, Streaming};

use super::{Answer, Events, failure};

/// What the test answers with; the call ends when it is dropped.
pub(crate) type Answering<E> = mpsc::Sender<Result<E, Status>>;

/// One message of a body.
pub(crate) enum Part<O> {
    Options(O),
    Chunk(Bytes),
    End,
}

/// What has come so far.
#[derive(Clone, Debug)]
pub(crate) struct Taken<O> {
    pub(crate) options: Option<O>,
    pub(crate) chunks: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: Option<Result<(), Code>>,
}

pub(crate) struct Uploads<O, E> {
    answers: Mutex<Option<mpsc::Receiver<Result<E, Status>>>>,
    taken: watch::Sender<Taken<O>>,
    /// Nothing is read before this is given, once for each message.
    permission: Mutex<Option<Arc<Notify>>>,
    /// The answer begins only when the body has ended.
    late: Mutex<bool>,
}

impl<O: Clone, E> Default for Uploads<O, E> {
    fn default() -> Self {
        let taken = Taken { options: None, chunks: Vec::new(), bytes: Vec::new(), end: None };
        Self {
            answers: Mutex::default(),
            taken: watch::Sender::new(taken),
            permission: Mutex::default(),
            late: Mutex::default(),
        }
    }
}

impl<O: Clone + Send + Sync + 'static, E: Send + 'static> Uploads<O, E> {
    /// The next call is answered with what is sent here; one that nobody answers is refused.
    pub(crate) fn answer(&self) -> Answering<E> {
        let (sender, events) = mpsc::channel(64);
        *self.answers.lock().unwrap() = Some(events);
        sender
    }

    /// As `answer`, but the service says nothing while the body comes.
    pub(crate) fn answer_late(&self) -> Answering<E> {
        *self.late.lock().unwrap() = true;
        self.answer()
    }

    /// Has the next call read nothing until it is told to go on.
    pub(crate) fn hold(&self) -> Arc<Notify> {
        let permission = Arc::new(Notify::new());
        *self.permission.lock().unwrap() = Some(Arc::clone(&permission));
        permission
    }

    /// Waits until what has come is as wanted.
    pub(crate) async fn taken(&self, wanted: impl FnMut(&Taken<O>) -> bool) -> Taken<O> {
        self.taken.subscribe().wait_for(wanted).await.unwrap().clone()
    }

    /// Waits for the end of the body, good or bad.
    pub(crate) async fn ended(&self) -> Taken<O> {
        self.taken(|taken| taken.end.is_some()).await
    }

    pub(super) async fn serve<S>(self: &Arc<Self>, parts: S) -> Answer<Events<E>>
    where
        S: Stream<Item = Result<Part<O>, Status>> + Send + 'static,
    {
        let answers = self.answers.lock().unwrap().take().ok_or_else(|| failure("UNSUPPORTED"))?;
        let this = Arc::clone(self);
        tokio::spawn(async move { this.read(Box::pin(parts)).await });
        if *self.late.lock().unwrap() {
            self.ended().await;
        }
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }

    async fn read(&self, mut parts: Pin<Box<dyn Stream<Item = Result<Part<O>, Status>> + Send>>) {
        use tokio_stream::StreamExt;
        let permission = self.permission.lock().unwrap().take();
        if let Some(permission) = permission {
            permission.notified().await;
        }
        let end = loop {
            match parts.next().await {
                Some(Ok(Part::End)) => break Ok(()),
                Some(Ok(part)) => self.taken.send_modify(|taken| taken.add(part)),
                Some(Err(status)) => break Err(status.code()),
                None => break Err(Code::Cancelled),
            }
        };
        assert!(end.is_err() || parts.next().await.is_none(), "nothing follows the end");
        self.taken.send_modify(|taken| taken.end = Some(end));
    }
}

impl<O> Taken<O> {
    fn add(&mut self, part: Part<O>) {
        match part {
            Part::Options(options) => self.options = Some(options),
            Part::Chunk(chunk) => {
                self.chunks.push(chunk.len());
                self.bytes.extend_from_slice(&chunk);
            }
            Part::End => {}
        }
    }
}

pub(super) fn load_parts(
    parts: Streaming<LoadRequest>,
) -> impl Stream<Item = Result<Part<LoadOptions>, Status>> {
    tokio_stream::StreamExt::map(parts, |part| {
        Ok(match part?.part.unwrap() {
            load_request::Part::Options(options) => Part::Options(options),
            load_request::Part::Chunk(chunk) => Part::Chunk(chunk),
            load_request::Part::End(_) => Part::End,
        })
    })
}

pub(super) fn import_parts(
    parts: Streaming<ImportRequest>,
) -> impl Stream<Item = Result<Part<ImportOptions>, Status>> {
    tokio_stream::StreamExt::map(parts, |part| {
        Ok(match part?.part.unwrap() {
            import_request::Part::Options(options) => Part::Options(options),
            import_request::Part::Chunk(chunk) => Part::Chunk(chunk),
            import_request::Part::End(_) => Part::End,
        })
    })
}
