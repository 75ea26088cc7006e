//! Who gets traces and metrics.

use std::{fmt, str::FromStr};

use http::Uri;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The address of an OpenTelemetry collector that takes OTLP over gRPC: `http://HOST:PORT` or `https://HOST:PORT`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collector(Uri);

impl Collector {
    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl FromStr for Collector {
    type Err = String;

    /// What is wrong is told without the text, which may have a password in it.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected http://HOST:PORT or https://HOST:PORT".to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        if authority.as_str().contains('@') {
            return Err("there is a user in it: give headers in OTEL_EXPORTER_OTLP_HEADERS".to_owned());
        }
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        match uri.scheme_str() {
            Some("http" | "https") if bare => Ok(Self(uri)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Collector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_a_host_and_nothing_else() {
        for text in ["", "localhost:4317", "http://", "ftp://h:1", "http://h/v1/traces", "http://h/?x=1"] {
            assert!(text.parse::<Collector>().is_err(), "{text}");
        }
        assert!("http://127.0.0.1:4317".parse::<Collector>().is_ok());
        assert!("https://collector.example/".parse::<Collector>().is_ok_and(|found| found.is_https()));
    }

    #[test]
    fn a_password_in_it_is_refused_and_not_repeated() {
        let error = "http://me:hunter2@h:1".parse::<Collector>().unwrap_err();
        assert!(!error.contains("hunter2") && error.contains("OTEL_EXPORTER_OTLP_HEADERS"), "{error}");
    }
}
