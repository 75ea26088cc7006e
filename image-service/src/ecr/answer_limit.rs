//! How much of an answer is read: the SDK itself would hold whatever comes.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextMut, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use http_body_util::Limited;

/// A hundred manifests, all of them large. Every other answer is far smaller.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Part of every client. What is longer ends in a `LengthLimitError`.
#[derive(Debug)]
pub(super) struct LimitAnswers;

#[dyn_dispatch_hint]
impl Intercept for LimitAnswers {
    fn name(&self) -> &'static str {
        "LimitAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let unlimited = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(unlimited, MOST_BYTES));
        Ok(())
    }
}
