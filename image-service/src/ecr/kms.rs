//! AWS KMS, which keeps the keys of credentials by encrypting them: two calls, made at the start and when a key is changed. The SDK repeats them.
//!
//! Invariant: a key is bound to its store by the encryption context, and decrypted by the configured keys of KMS alone: whoever can write to the
//! database cannot have this service take a key of theirs.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_sdk_kms::{Client, primitives::Blob, types::DataKeySpec};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use telemetry::Span;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::{Calls, Ecr, answer_limit::LimitAnswers};
use crate::{
    config::KmsConfig,
    error::{Error, Result},
    ports::KeyWrapper,
};

/// What a key is bound to, as it is called in AWS's logs.
const CONTEXT: &str = "image-service:store";
/// After which there is no use in asking again, whatever an operator does: the key is lost.
const LOST: [&str; 3] = ["NotFoundException", "InvalidCiphertextException", WRONG_KEY];
const WRONG_KEY: &str = "IncorrectKeyException";

/// Keys that KMS has encrypted.
pub struct Kms {
    calls: Arc<Calls>,
    config: KmsConfig,
    client: OnceCell<Client>,
}

impl Ecr {
    /// KMS, as the identity of `[ecr]`. Asks nothing of AWS.
    #[must_use]
    pub fn kms(&self, config: &KmsConfig) -> Kms {
        Kms { calls: Arc::clone(&self.calls), config: config.clone(), client: OnceCell::new() }
    }
}

impl Kms {
    async fn client(&self) -> Result<&Client> {
        self.client.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Client> {
        let missing = || self.failed("no Region: set credentials.kms.region, ecr.region or AWS_REGION", true);
        let base = self.calls.sdk_config(self.config.region.as_ref()).await.ok_or_else(missing)?;
        let mut config = aws_sdk_kms::config::Builder::from(&base).retry_config(RetryConfig::standard());
        if let Some(url) = &self.config.endpoint_url {
            config = config.endpoint_url(url);
        }
        Ok(Client::from_conf(config.interceptor(LimitAnswers).build()))
    }

    async fn decrypt(&self, store: &str, key_id: &str, wrapped: &[u8]) -> Result<Vec<u8>, Failure> {
        let client = self.client().await.map_err(|error| Failure { error, is_wrong_key: false })?;
        let call = client.decrypt().key_id(key_id).ciphertext_blob(Blob::new(wrapped));
        let answer = span("Decrypt").covers(call.encryption_context(CONTEXT, store).send()).await;
        let answer = answer.map_err(|error| self.failure("Decrypt", &error))?;
        let empty = || Failure { error: self.failed("Decrypt gave no key", true), is_wrong_key: false };
        answer.plaintext.map(Blob::into_inner).ok_or_else(empty)
    }

    fn failure<E: ProvideErrorMetadata + std::error::Error + 'static, R: fmt::Debug>(
        &self,
        call: &str,
        error: &SdkError<E, R>,
    ) -> Failure {
        let code = error.code();
        let detail = match (code, error.message()) {
            (Some(code), message) => format!("{call}: {code}: {}", message.unwrap_or_default()),
            (None, _) => format!("{call}: {}", DisplayErrorContext(error)),
        };
        let is_lost = code.is_some_and(|code| LOST.contains(&code));
        Failure { error: self.failed(&detail, !is_lost), is_wrong_key: code == Some(WRONG_KEY) }
    }

    fn failed(&self, detail: &str, retryable: bool) -> Error {
        let detail = format!("{}: {detail}", self.name());
        Error::SealingKey { detail, retryable, cause: None }
    }
}

fn span(call: &'static str) -> Span {
    Span::client(call).with("rpc.system", "aws-api").with("rpc.method", call)
}

struct Failure {
    error: Error,
    is_wrong_key: bool,
}

#[async_trait]
impl KeyWrapper for Kms {
    async fn make(&self, store: &str) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>)> {
        let call = self.client().await?.generate_data_key().key_id(&self.config.key_id);
        let call = call.key_spec(DataKeySpec::Aes256).encryption_context(CONTEXT, store);
        let answer = span("GenerateDataKey").covers(call.send()).await;
        let answer = answer.map_err(|error| self.failure("GenerateDataKey", &error).error)?;
        let (Some(key), Some(wrapped)) = (answer.plaintext, answer.ciphertext_blob) else {
            return Err(self.failed("GenerateDataKey gave no key", true));
        };
        Ok((Zeroizing::new(key.into_inner()), wrapped.into_inner()))
    }

    async fn unwrap(&self, store: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mut decrypted = self.decrypt(store, &self.config.key_id, wrapped).await;
        for key_id in &self.config.old_key_ids {
            if !decrypted.as_ref().is_err_and(|failure| failure.is_wrong_key) {
                break;
            }
            decrypted = self.decrypt(store, key_id, wrapped).await;
        }
        decrypted.map(Zeroizing::new).map_err(|failure| failure.error)
    }

    fn name(&self) -> String {
        format!("AWS KMS under {}", self.config.key_id)
    }
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kms").field("key_id", &self.config.key_id).finish_non_exhaustive()
    }
}
