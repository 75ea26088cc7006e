//! Signatures of calls (AWS Signature Version 4), made anew for each.

use aws_lc_rs::{
    digest::{Context, SHA256, digest},
    hmac,
};
use bytes::Bytes;
use time::{OffsetDateTime, format_description::parse_borrowed};

/// The access key of the benchmark.
pub(super) const KEY: &str = "AKIDBENCH";
pub(super) const SECRET: &str = "bench";

const SCOPE: &str = "us-east-1/ecr/aws4_request";
const COVERED: &str = "host;x-amz-date;x-amz-target";

/// `X-Amz-Date` and `Authorization` of a call.
pub(super) fn sign(host: &str, target: &str, body: &[Bytes]) -> (String, String) {
    let format = parse_borrowed::<2>("[year][month][day]T[hour][minute][second]Z").expect("it is a format");
    let date = OffsetDateTime::now_utc().format(&format).expect("the time has all of it");
    let day = &date[..8];
    let mut hashed = Context::new(&SHA256);
    body.iter().for_each(|piece| hashed.update(piece));
    let hash = hex(hashed.finish().as_ref());
    let canonical =
        format!("POST\n/\n\nhost:{host}\nx-amz-date:{date}\nx-amz-target:{target}\n\n{COVERED}\n{hash}");
    let canonical = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{day}/{SCOPE}\n{canonical}");
    let parts = [day].into_iter().chain(SCOPE.split('/')).chain([to_sign.as_str()]);
    let code = parts.fold(format!("AWS4{SECRET}").into_bytes(), |key, text| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes()).as_ref().to_vec()
    });
    let credential = format!("{KEY}/{day}/{SCOPE}");
    let signature = hex(&code);
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={COVERED}, Signature={signature}");
    (date, authorization)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
