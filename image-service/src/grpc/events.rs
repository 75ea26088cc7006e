//! `imageservice.v1.Events`.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use imageservice_proto::v1::{self, events_server::Events};
use tonic::{Request, Response, Status};

use super::{
    convert::{size, time_of, timestamp},
    namespace_of,
    status::failed,
};
use crate::{
    error::{Error, Result},
    model::{Event, EventAction, EventSubject},
    ops::{EventRequest, MOST_EVENTS, Operations, Watching},
};

/// What a page holds if it is not said.
const USUAL_LIMIT: usize = 100;

/// Event calls, each one operation.
#[derive(Clone, Debug)]
pub(super) struct EventsService(pub(super) Operations);

#[tonic::async_trait]
impl Events for EventsService {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<v1::WatchEventsResponse, Status>> + Send>>;

    async fn list(
        &self,
        request: Request<v1::ListEventsRequest>,
    ) -> Result<Response<v1::ListEventsResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let (request, limit) = list_request(request.into_inner()).map_err(failed("List"))?;
        let list = self.0.list_events(&namespace, &request, limit).await.map_err(failed("List"))?;
        Ok(Response::new(v1::ListEventsResponse {
            events: list.events.into_iter().map(event).collect(),
            next_after: size(list.next),
            has_more: list.has_more,
        }))
    }

    /// Ends with the service: who watches would keep it for ever.
    async fn watch(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let namespace = namespace_of(&request)?;
        let v1::WatchEventsRequest { after, filter } = request.into_inner();
        let request = event_request(after, filter).map_err(failed("Watch"))?;
        let watching = self.0.watch_events(namespace, request).await.map_err(failed("Watch"))?;
        let begin = v1::WatchEventsResponse { event: None, next_after: size(watching.next_after()) };
        let admission = self.0.admission().clone();
        let ending = async move { admission.is_ending().await };
        let events = stream::try_unfold(watching, told).take_until(ending);
        Ok(Response::new(stream::iter([Ok(begin)]).chain(events).boxed()))
    }
}

async fn told(mut watching: Watching) -> Result<Option<(v1::WatchEventsResponse, Watching)>, Status> {
    let next = watching.next().await.map_err(failed("Watch"))?;
    Ok(next.map(|next| {
        let next_after = size(next.sequence);
        (v1::WatchEventsResponse { event: Some(event(next)), next_after }, watching)
    }))
}

fn list_request(request: v1::ListEventsRequest) -> Result<(EventRequest, usize)> {
    let v1::ListEventsRequest { after, limit, filter } = request;
    let limit = match usize::try_from(limit) {
        Ok(0) => USUAL_LIMIT,
        Ok(limit) if limit <= MOST_EVENTS => limit,
        _ => return Err(Error::Argument(format!("the limit {limit} is not 1 to {MOST_EVENTS}"))),
    };
    Ok((event_request(Some(after), filter)?, limit))
}

fn event_request(after: Option<i64>, filter: Option<v1::EventFilter>) -> Result<EventRequest> {
    let v1::EventFilter { since, until, actions, names } = filter.unwrap_or_default();
    let number =
        |after| u64::try_from(after).map_err(|_| Error::Argument(format!("no event has the number {after}")));
    Ok(EventRequest {
        after: after.map(number).transpose()?,
        since: since.map(time_of).transpose()?,
        until: until.map(time_of).transpose()?,
        actions: actions.into_iter().map(action_of).collect::<Result<_>>()?,
        names,
    })
}

fn action_of(number: i32) -> Result<EventAction> {
    let is_meant = |action: &EventAction| i32::from(wire(*action)) == number;
    let action = EventAction::ALL.into_iter().find(is_meant);
    action.ok_or_else(|| Error::Argument(format!("there is no event action {number}")))
}

const fn wire(action: EventAction) -> v1::EventAction {
    match action {
        EventAction::Pull => v1::EventAction::Pull,
        EventAction::Load => v1::EventAction::Load,
        EventAction::Import => v1::EventAction::Import,
        EventAction::Tag => v1::EventAction::Tag,
        EventAction::Untag => v1::EventAction::Untag,
        EventAction::Delete => v1::EventAction::Delete,
        EventAction::Push => v1::EventAction::Push,
        EventAction::Save => v1::EventAction::Save,
        EventAction::CredentialStored => v1::EventAction::CredentialStored,
        EventAction::CredentialForgotten => v1::EventAction::CredentialForgotten,
    }
}

fn event(event: Event) -> v1::Event {
    let told = v1::Event {
        sequence: size(event.sequence),
        time: Some(timestamp(event.time)),
        action: wire(event.action).into(),
        labels: event.labels.into_iter().collect(),
        ..v1::Event::default()
    };
    match event.subject {
        EventSubject::Credential(registry) => v1::Event { registry: registry.to_string(), ..told },
        EventSubject::Image { id, reference: None } => v1::Event { image_id: id.to_string(), ..told },
        EventSubject::Image { id, reference: Some(reference) } => v1::Event {
            image_id: id.to_string(),
            repository: reference.repository.familiar(),
            reference: reference.familiar(),
            ..told
        },
    }
}
