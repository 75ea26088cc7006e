//! The `filters` of `GET /events`. As in dockerd, a key that is not known filters nothing.

use std::collections::BTreeMap;

use crate::{dto::event::EventLine, error::Failure, filters};

/// Things of other kinds that events may be of: their filters look at the beginnings of the names of whatever it is.
const OTHER_KINDS: [&str; 8] =
    ["container", "daemon", "plugin", "volume", "network", "node", "service", "secret"];

/// Values by key.
#[derive(Debug)]
pub(crate) struct EventFilters(BTreeMap<String, Vec<String>>);

impl EventFilters {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        filters::parse(text).map(Self)
    }

    /// Whether a line passes. All keys must let it, each by one of its values; of labels, all must be there.
    pub(crate) fn pass(&self, line: &EventLine<'_>) -> bool {
        let name = line.actor.attributes.get("name").copied().unwrap_or_default();
        let names = [line.id, name, without_tag(line.id), without_tag(name)];
        self.has("event", &[line.action])
            && self.has("type", &[line.kind])
            && self.has("scope", &[line.scope])
            && self.has("image", &names)
            && OTHER_KINDS.iter().all(|kind| self.begins(kind, [line.id, name]))
            && self.has_labels(&line.actor.attributes)
    }

    fn has(&self, key: &str, any: &[&str]) -> bool {
        let Some(values) = self.values(key) else { return true };
        values.iter().any(|value| any.contains(&value.as_str()))
    }

    fn begins(&self, key: &str, any: [&str; 2]) -> bool {
        let Some(values) = self.values(key) else { return true };
        values.iter().any(|value| any.iter().any(|text| text.starts_with(value)))
    }

    fn has_labels(&self, attributes: &BTreeMap<&str, &str>) -> bool {
        let values = self.values("label").unwrap_or_default();
        values.iter().all(|wanted| {
            let (key, value) =
                wanted.split_once('=').map_or((&**wanted, None), |(key, value)| (key, Some(value)));
            attributes.get(key).is_some_and(|found| value.is_none_or(|value| value == *found))
        })
    }

    /// A key without values is no filter.
    fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(key).map(Vec::as_slice).filter(|values| !values.is_empty())
    }
}

/// The service wrote the name, so that what follows its last colon is a tag unless it is a path.
fn without_tag(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use imageservice_proto::v1::{Event, EventAction};

    use super::*;
    use crate::translate::event::event_line;

    fn passes(filters: &str, action: EventAction) -> bool {
        let event = Event {
            action: action.into(),
            image_id: "sha256:aa".to_owned(),
            reference: "127.0.0.1:5000/a:1".to_owned(),
            repository: "127.0.0.1:5000/a".to_owned(),
            labels: [("k".to_owned(), "v".to_owned())].into(),
            ..Event::default()
        };
        EventFilters::parse(filters).unwrap().pass(&event_line(&event).unwrap())
    }

    #[test]
    fn every_key_must_let_an_event_pass_by_one_of_its_values() {
        for (filters, passing) in [
            ("", true),
            (r#"{"type":["image"]}"#, true),
            (r#"{"type":{"container":true}}"#, false),
            (r#"{"event":["tag","pull"]}"#, true),
            (r#"{"event":["tag"]}"#, false),
            (r#"{"image":["127.0.0.1:5000/a"],"event":["pull"]}"#, true),
            (r#"{"image":["127.0.0.1:5000/a:1"]}"#, true),
            (r#"{"image":["a"]}"#, false),
            (r#"{"label":["k","k=v"]}"#, true),
            (r#"{"label":["k=w"]}"#, false),
            (r#"{"scope":["swarm"]}"#, false),
            (r#"{"container":["x"]}"#, false),
            (r#"{"nosuch":["x"],"event":[]}"#, true),
        ] {
            assert_eq!(passes(filters, EventAction::Pull), passing, "{filters}");
        }
        assert!(passes(r#"{"image":["127.0.0.1:5000/a"]}"#, EventAction::Tag), "by its new name");
        assert!(passes(r#"{"image":["sha256:aa"]}"#, EventAction::Delete));
    }

    #[test]
    fn only_a_tag_is_cut_off() {
        for (name, bare) in
            [("a:1", "a"), ("h:5/a", "h:5/a"), ("h:5/a:1", "h:5/a"), ("a@sha256:bb", "a"), ("a", "a")]
        {
            assert_eq!(without_tag(name), bare);
        }
    }
}
