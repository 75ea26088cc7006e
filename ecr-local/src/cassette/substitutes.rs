//! What a server calls by other names than it did when a cassette was made: uploads, pages.

use serde_json::Value;

use super::interaction::Headers;

/// Names of then, with those of today.
#[derive(Default, Debug)]
pub(super) struct Substitutes(Vec<(String, String)>);

/// Members of documents whose values come back in requests.
const NAMES: [&str; 4] = ["uploadId", "nextToken", "lifecyclePolicyPreviewId", "replicationBackfillId"];

impl Substitutes {
    /// Learns from two answers to the same request.
    pub(super) fn learn(&mut self, then: (&Headers, Option<&Value>), today: (&Headers, Option<&Value>)) {
        for name in ["location", "docker-upload-uuid"] {
            self.add(value(then.0, name), value(today.0, name));
        }
        for name in NAMES {
            let member = |document: Option<&Value>| Some(document?.get(name)?.as_str()?.to_owned());
            self.add(member(then.1), member(today.1));
        }
    }

    /// A text of then, as it is said today. A target may go on behind an address that has a query of its own.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (then, today) in self.0.iter().rev() {
            text = match text.strip_prefix(then.as_str()) {
                Some(rest) if today.contains('?') => format!("{today}{}", rest.replacen('?', "&", 1)),
                Some(rest) if then.contains('?') => format!("{today}{}", rest.replacen('&', "?", 1)),
                _ => text.replace(then.as_str(), today),
            };
        }
        text
    }

    fn add(&mut self, then: Option<String>, today: Option<String>) {
        if let (Some(then), Some(today)) = (then, today)
            && then != today
            && !then.is_empty()
        {
            self.0.push((then, today));
        }
    }
}

fn value(headers: &Headers, wanted: &str) -> Option<String> {
    headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(location: &str) -> Headers {
        vec![("location".to_owned(), location.to_owned())]
    }

    #[test]
    fn an_upload_goes_on_at_its_address_of_today() {
        for (then, today, asked, said) in [
            ("/u/1", "/u/2", "/u/1?digest=d", "/u/2?digest=d"),
            ("/u/1", "/u/2?_state=s", "/u/1?digest=d", "/u/2?_state=s&digest=d"),
            ("/u/1?_state=redacted", "/u/2", "/u/1?_state=redacted&digest=d", "/u/2?digest=d"),
        ] {
            let mut substitutes = Substitutes::default();
            substitutes.learn((&at(then), None), (&at(today), None));
            assert_eq!(substitutes.apply(asked), said);
        }
    }

    #[test]
    fn names_in_documents_are_those_of_today() {
        let (then, today) =
            (serde_json::json!({ "uploadId": "one" }), serde_json::json!({ "uploadId": "two" }));
        let mut substitutes = Substitutes::default();
        substitutes.learn((&Vec::new(), Some(&then)), (&Vec::new(), Some(&today)));
        assert_eq!(substitutes.apply(r#"{"uploadId":"one"}"#), r#"{"uploadId":"two"}"#);
    }
}
