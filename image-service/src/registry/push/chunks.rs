//! A blob in several PATCHes (OCI distribution-spec, "Pushing a blob in chunks"): resumed where the registry says that it stopped.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    super::{
        error,
        retry::Tries,
        transport::{Answer, Cursor, Failure},
    },
    session::Session,
};
use crate::model::Descriptor;

/// Below what common proxies let through, above what S3 takes as a part.
const CHUNK: u64 = 8 * 1024 * 1024;
const LONGEST_CHUNK: u64 = 1024 * 1024 * 1024;

impl Session<'_> {
    /// Sends the blob in pieces, and closes the session.
    pub(super) async fn in_chunks(
        &mut self,
        blob: &Descriptor,
        cursor: &mut Cursor<'_>,
    ) -> Result<Answer, Failure> {
        let length = CHUNK.max(self.least_chunk).min(LONGEST_CHUNK);
        let (mut begin, mut tries) = (0, Tries::several());
        while begin < blob.size {
            let end = blob.size.min(begin + length);
            let range = HeaderValue::from_str(&format!("{begin}-{}", end - 1)).ok();
            let outcome = self.patch(cursor, begin..end, range).await;
            begin = match outcome {
                Ok(answer) if answer.status.is_success() => {
                    tries = Tries::several();
                    self.advance(begin, end, &answer.headers)?
                }
                outcome => match self.resume(&mut tries, &outcome, blob).await? {
                    Some(begin) => begin,
                    None => return outcome,
                },
            };
        }
        self.close(blob).await
    }

    /// A registry that does not say how far it is has taken all.
    fn advance(&self, begin: u64, end: u64, headers: &HeaderMap) -> Result<u64, Failure> {
        let reached = received(headers).unwrap_or(end);
        if reached > begin && reached <= end {
            return Ok(reached);
        }
        let why = "the registry does not keep the pieces of an upload";
        Err(Failure::Inner(error::broken(&self.view.site.origin, why)))
    }

    /// Where to go on after a piece that failed; nothing if there is no point in it.
    async fn resume(
        &mut self,
        tries: &mut Tries,
        outcome: &Result<Answer, Failure>,
        blob: &Descriptor,
    ) -> Result<Option<u64>, Failure> {
        let wait = match outcome {
            Ok(answer) if answer.status == StatusCode::RANGE_NOT_SATISFIABLE => tries.wait(),
            outcome => tries.wait_after(outcome),
        };
        let Some(wait) = wait else { return Ok(None) };
        self.view.fetcher.delivery.transport.network().timer.sleep(wait).await;
        let status = self.status().await?;
        let reached = received(&status.headers).filter(|reached| *reached <= blob.size);
        Ok(reached.filter(|_| status.status.is_success()))
    }
}

/// Bytes that a registry has. `0-0` is what distribution says of one byte and of none.
fn received(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::RANGE)?.to_str().ok()?.trim();
    let (begin, end) = text.strip_prefix("bytes=").unwrap_or(text).split_once('-')?;
    match (begin.parse().ok()?, end.parse().ok()?) {
        (0, 0) => Some(0),
        (0, end) => u64::checked_add(end, 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_with_its_inclusive_end() {
        for (text, bytes) in [
            ("0-0", Some(0)),
            ("0-9", Some(10)),
            ("bytes=0-9", Some(10)),
            ("5-9", None),
            ("0-18446744073709551615", None),
            ("0--1", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, text.parse().unwrap())]);
            assert_eq!(received(&headers), bytes, "{text}");
        }
    }
}
