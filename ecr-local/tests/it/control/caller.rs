//! Makes calls, signed or not.

use aws_lc_rs::hmac;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use time::{OffsetDateTime, format_description::parse_borrowed};

use crate::stage::{Reply, Stage, read};

pub(crate) const SERVICE: &str = "AmazonEC2ContainerRegistry_V20150921";

/// An access key as a client has it.
#[derive(Clone, Copy)]
pub(crate) struct Key<'k> {
    pub(crate) id: &'k str,
    pub(crate) secret: &'k str,
    pub(crate) region: &'k str,
}

impl Stage {
    /// Makes a call that is not signed.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Reply {
        self.send_call(&format!("{SERVICE}.{operation}"), &input.to_string()).await
    }

    /// Makes a call that must work, and gives its answer.
    pub(crate) async fn done(&self, operation: &str, input: Value) -> Value {
        let reply = self.call(operation, input).await.expect(200);
        assert_eq!(reply.header("content-type"), "application/x-amz-json-1.1");
        reply.json()
    }

    /// Makes a call that must fail with a code, and gives the message.
    pub(crate) async fn fails(&self, operation: &str, input: Value, code: &str) -> String {
        self.call(operation, input).await.excepted(code)
    }

    /// Makes a call with any target and any body.
    pub(crate) async fn send_call(&self, target: &str, body: &str) -> Reply {
        read(self.request("POST", "/").header("x-amz-target", target).body(body.to_owned())).await
    }

    /// Makes a call signed by a key, now or at another time.
    pub(crate) async fn signed(
        &self,
        key: Key<'_>,
        at: OffsetDateTime,
        operation: &str,
        input: Value,
    ) -> Reply {
        self.sign_call(key, at, "ecr", &format!("{SERVICE}.{operation}"), &input.to_string(), None).await
    }

    /// Makes a call with any target and any body, signed for a service, with a session token perhaps.
    pub(crate) async fn sign_call(
        &self,
        key: Key<'_>,
        at: OffsetDateTime,
        service: &str,
        target: &str,
        body: &str,
        token: Option<&str>,
    ) -> Reply {
        let mut headers = vec![("x-amz-target", target)];
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        self.sign(key, at, service, &headers, body).await
    }

    /// Sends a request to `/` whose signature covers these headers.
    pub(crate) async fn sign(
        &self,
        key: Key<'_>,
        at: OffsetDateTime,
        service: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let host = self.host();
        let format = parse_borrowed::<2>("[year][month][day]T[hour][minute][second]Z").unwrap();
        let date = at.format(&format).unwrap();
        let mut signed = [&[("host", &*host), ("x-amz-date", &date)], headers].concat();
        signed.sort_unstable();
        let covered = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let values: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let canonical = format!("POST\n/\n\n{values}\n{covered}\n{}", hash(body));
        let scope = format!("{}/{}/{service}/aws4_request", &date[..8], key.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(&canonical));
        let mut signing = format!("AWS4{}", key.secret).into_bytes();
        for part in scope.split('/') {
            signing = sign(&signing, part);
        }
        let code = hex::encode(sign(&signing, &to_sign));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={covered}, Signature={code}",
            key.id
        );
        let request =
            self.request("POST", "/").header("x-amz-date", &date).header("authorization", authorization);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        read(request.body(body.to_owned())).await
    }
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

impl Reply {
    /// Insists on an exception, and gives its message.
    #[track_caller]
    pub(crate) fn excepted(self, code: &str) -> String {
        let document = self.json();
        assert_eq!((&document["__type"], self.status), (&code.into(), 400), "{document}");
        assert_eq!(self.header("x-amzn-errortype"), code);
        assert!(!self.header("x-amzn-requestid").is_empty());
        document["message"].as_str().unwrap().to_owned()
    }
}
