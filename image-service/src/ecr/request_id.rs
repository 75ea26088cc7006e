//! AWS's name of a request, for the span of the call: outputs of the SDK have lost it when they arrive.

use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

tokio::task_local! {
    static LAST: Mutex<Option<String>>;
}

/// Does some calls, and says under which name AWS answered the last of them.
pub(super) async fn noting<T>(calls: impl Future<Output = T>) -> (T, Option<String>) {
    LAST.scope(Mutex::default(), async {
        let done = calls.await;
        let noted = LAST.try_with(|last| last.lock().unwrap_or_else(PoisonError::into_inner).take());
        (done, noted.ok().flatten())
    })
    .await
}

/// Part of every client.
#[derive(Debug)]
pub(super) struct NoteRequestId;

#[dyn_dispatch_hint]
impl Intercept for NoteRequestId {
    fn name(&self) -> &'static str {
        "NoteRequestId"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let id = context.response().headers().get("x-amzn-requestid").map(str::to_owned);
        // A call that nobody watches has nowhere to note it.
        let _ = LAST.try_with(|last| *last.lock().unwrap_or_else(PoisonError::into_inner) = id);
        Ok(())
    }
}
