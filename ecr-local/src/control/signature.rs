//! Who signed a call (AWS Signature Version 4), and for which Region.
//!
//! Invariant: a signature is compared in constant time, and covers the target and the body of the call.

use std::time::Duration;

use aws_lc_rs::hmac;
use http::{HeaderMap, header};
use secrecy::ExposeSecret;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::parse_borrowed};

use super::errors::Error;
use crate::{auth::AccessKey, model::Digest};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: &str = "[year][month][day]T[hour][minute][second]Z";
/// As far as the clocks may be apart.
const SKEW: Duration = Duration::from_secs(15 * 60);
/// What must be covered in any case.
const COVERED: [&str; 2] = ["host", "x-amz-date"];

/// What the `Authorization` header of a call says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Signature<'h> {
    pub(crate) key: &'h str,
    date: &'h str,
    pub(crate) region: &'h str,
    service: &'h str,
    covered: &'h str,
    code: &'h str,
}

impl<'h> Signature<'h> {
    /// Reads the header. Nothing if the call is not signed.
    pub(crate) fn of(headers: &'h HeaderMap) -> Result<Option<Self>, Error> {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let incomplete = Error::IncompleteSignature;
        let text = value.to_str().map_err(|_| incomplete("the Authorization header is no text"))?;
        let parts =
            text.strip_prefix(ALGORITHM).ok_or(incomplete("the algorithm is not AWS4-HMAC-SHA256"))?;
        let part = |name: &str| {
            let mut named = parts.split(',').filter_map(|part| part.trim().split_once('='));
            named.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let (Some(credential), Some(covered), Some(code)) =
            (part("Credential"), part("SignedHeaders"), part("Signature"))
        else {
            return Err(incomplete("Credential, SignedHeaders or Signature is missing"));
        };
        let fields: Vec<_> = credential.rsplitn(5, '/').collect();
        let [_, service, region, date, key] = fields[..] else {
            return Err(incomplete("Credential is not KEY/DATE/REGION/SERVICE/aws4_request"));
        };
        Ok(Some(Self { key, date, region, service, covered, code }))
    }

    /// Whether it is that of this call by this key, and covers these headers.
    pub(crate) fn verify(
        &self,
        key: &AccessKey,
        service: &str,
        covered: &[&str],
        headers: &HeaderMap,
        body: &Digest,
        now: Duration,
    ) -> Result<(), Error> {
        if self.service != service {
            let why = format!("Credential should be scoped to correct service: '{service}'.");
            return Err(Error::Signature(why));
        }
        let mut needed = COVERED.iter().chain(covered);
        if let Some(missing) = needed.find(|name| !self.covered.split(';').any(|part| part == **name)) {
            return Err(Error::Signature(format!("'{missing}' must be a 'SignedHeader' in the request.")));
        }
        let sent = text(headers, "x-amz-date");
        self.check_time(&sent, now)?;
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let canonical = Digest::of(self.canonical(headers, body).as_bytes());
        let to_sign = format!("{ALGORITHM}\n{sent}\n{scope}\n{}", canonical.hex());
        let signing = hmac::Key::new(hmac::HMAC_SHA256, self.signing_key(key).as_ref());
        let code = hex::decode(self.code).unwrap_or_default();
        hmac::verify(&signing, to_sign.as_bytes(), &code).map_err(|_| {
            Error::Signature(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
                    .to_owned(),
            )
        })
    }

    fn check_time(&self, sent: &str, now: Duration) -> Result<(), Error> {
        let format = parse_borrowed::<2>(DATE).map_err(|error| Error::Internal(error.into()))?;
        let parsed = PrimitiveDateTime::parse(sent, &format);
        let parsed = parsed.map_err(|_| Error::IncompleteSignature("X-Amz-Date is no time"))?;
        if !sent.starts_with(self.date) {
            return Err(Error::Signature("Date in Credential scope does not match X-Amz-Date.".to_owned()));
        }
        let (then, now) = (parsed.assume_utc().unix_timestamp(), now.as_secs().cast_signed());
        if then.abs_diff(now) > SKEW.as_secs() {
            let (word, here) = (if then < now { "expired" } else { "not yet current" }, shown(now));
            return Err(Error::Signature(format!("Signature {word}: {sent} is too far from {here}")));
        }
        Ok(())
    }

    /// Every call is a `POST` of `/` without a query.
    fn canonical(&self, headers: &HeaderMap, body: &Digest) -> String {
        let mut canonical = "POST\n/\n\n".to_owned();
        for name in self.covered.split(';') {
            canonical += &format!("{name}:{}\n", text(headers, name));
        }
        canonical + &format!("\n{}\n{}", self.covered, body.hex())
    }

    fn signing_key(&self, key: &AccessKey) -> hmac::Tag {
        let sign =
            |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
        let first = sign(format!("AWS4{}", key.secret.expose_secret()).as_bytes(), self.date);
        let of_region = sign(first.as_ref(), self.region);
        sign(sign(of_region.as_ref(), self.service).as_ref(), "aws4_request")
    }
}

/// The values of a header as they are signed: trimmed, runs of blanks made one, joined by commas.
fn text(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let trimmed = values.map(|value| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    trimmed.collect::<Vec<_>>().join(",")
}

fn shown(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).map(|time| time.to_string()).unwrap_or_default()
}
