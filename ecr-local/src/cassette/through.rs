//! Addresses on other hosts that an answer sends its client to. The proxy gives them places of its own, so that it sees what comes of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;
use url::{Origin, Url};

const PLACE: &str = "/_through/";
/// Where manifests and blobs are among the places.
pub(super) const BLOBS: &str = "/_through/blob/";
/// Stands for whatever host a cassette is served at.
pub(super) const ANY_HOST: &str = "cassette.invalid";

/// An address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Elsewhere {
    pub(super) url: Url,
    /// Whether what a client sends there as credentials is meant for it: so it is for token servers.
    pub(super) takes_credentials: bool,
}

/// The addresses that were met.
#[derive(Debug)]
pub(super) struct Through {
    own: Origin,
    met: Mutex<Vec<Elsewhere>>,
}

impl Through {
    /// In front of a server, whose own addresses become paths.
    pub(super) fn new(upstream: &Url) -> Self {
        Self { own: upstream.origin(), met: Mutex::default() }
    }

    /// Whether a path is one of the proxy's own places.
    pub(super) fn is_place(target: &str) -> bool {
        target.starts_with(PLACE)
    }

    /// The address behind a place, with the query that a client put to it.
    pub(super) fn find(&self, target: &str) -> Option<Elsewhere> {
        let rest = target.strip_prefix(BLOBS).or_else(|| target.strip_prefix(PLACE))?;
        let (number, query) =
            rest.split_once('?').map_or((rest, None), |(number, query)| (number, Some(query)));
        let mut found = self.met().get(number.parse::<usize>().ok()?.checked_sub(1)?)?.clone();
        if query.is_some() {
            found.url.set_query(query);
        }
        Some(found)
    }

    /// Leads the addresses in the headers of an answer to a client, which called the proxy by a host, through the proxy: `Location` by a path, the realm of a token server by an address
    /// on any host. `is_content`: it was asked for a manifest or a blob.
    pub(super) fn lead_headers(&self, headers: &mut HeaderMap, host: &str, is_content: bool) {
        let place = if is_content { BLOBS } else { PLACE };
        self.lead(headers, header::LOCATION, |text| self.path(text, host, place, false));
        self.lead(headers, header::WWW_AUTHENTICATE, |text| {
            let (before, rest) = text.split_once("realm=\"")?;
            let (realm, behind) = rest.split_once('"')?;
            Some(format!(
                "{before}realm=\"http://{ANY_HOST}{}\"{behind}",
                self.path(realm, host, PLACE, true)?
            ))
        });
    }

    /// Leads the address in a document (GetDownloadUrlForLayer) through the proxy.
    pub(super) fn lead_document(&self, document: &mut Value, host: &str) {
        if let Some(Value::String(url)) = document.get_mut("downloadUrl")
            && let Some(path) = self.path(url, host, BLOBS, false)
        {
            *url = format!("http://{ANY_HOST}{path}");
        }
    }

    fn lead(&self, headers: &mut HeaderMap, name: HeaderName, new: impl Fn(&str) -> Option<String>) {
        let led = headers.get(&name).and_then(|value| new(value.to_str().ok()?));
        if let Some(value) = led.and_then(|led| HeaderValue::from_str(&led).ok()) {
            headers.insert(name, value);
        }
    }

    /// The path by which an address is had here. Nothing for what is a path already.
    fn path(&self, text: &str, host: &str, place: &str, takes_credentials: bool) -> Option<String> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        // A server that was called by the proxy's own name answers with that.
        if url.origin() == self.own || url.authority() == host {
            return Some(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
        }
        let elsewhere = Elsewhere { url, takes_credentials };
        let mut met = self.met();
        let known = met.iter().position(|known| *known == elsewhere).unwrap_or_else(|| {
            met.push(elsewhere);
            met.len() - 1
        });
        Some(format!("{place}{}", known + 1))
    }

    fn met(&self) -> MutexGuard<'_, Vec<Elsewhere>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a host where a cassette has any.
pub(super) fn at_host(text: &str, host: &str) -> String {
    text.replace(ANY_HOST, host)
}
