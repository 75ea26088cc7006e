//! An event as dockerd tells of it.

use imageservice_proto::v1::{Event, EventAction};

use crate::dto::event::{Actor, EventLine};

/// Nothing for what dockerd keeps to itself: credentials, and what a newer service may tell.
pub(crate) fn event_line(event: &Event) -> Option<EventLine<'_>> {
    let (image, reference) = (event.image_id.as_str(), event.reference.as_str());
    let (action, id, name) = match event.action() {
        EventAction::Pull => ("pull", reference, event.repository.as_str()),
        EventAction::Push => ("push", reference, event.repository.as_str()),
        EventAction::Tag => ("tag", image, reference),
        EventAction::Untag => ("untag", image, image),
        EventAction::Delete => ("delete", image, image),
        EventAction::Load => ("load", image, image),
        EventAction::Import => ("import", image, image),
        EventAction::Save => ("save", image, image),
        EventAction::Unspecified | EventAction::CredentialStored | EventAction::CredentialForgotten => {
            return None;
        }
    };
    let labels = event.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let attributes = labels.chain([("name", name)]).collect();
    let time = event.time.unwrap_or_default();
    Some(EventLine {
        status: action,
        id,
        kind: "image",
        action,
        actor: Actor { id, attributes },
        scope: "local",
        time: time.seconds,
        time_nano: time.seconds.saturating_mul(1_000_000_000).saturating_add(time.nanos.into()),
    })
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn line(action: EventAction) -> Option<String> {
        let event = Event {
            action: action.into(),
            image_id: "sha256:aa".to_owned(),
            reference: "127.0.0.1:5000/a:1".to_owned(),
            repository: "127.0.0.1:5000/a".to_owned(),
            time: Some(Timestamp { seconds: 1_795_212_073, nanos: 5 }),
            labels: [("k".to_owned(), "v".to_owned())].into(),
            ..Event::default()
        };
        event_line(&event).map(|line| serde_json::to_string(&line).unwrap())
    }

    #[test]
    fn a_pull_is_told_by_its_reference_and_a_tag_by_the_image() {
        assert_eq!(
            line(EventAction::Pull).unwrap(),
            r#"{"status":"pull","id":"127.0.0.1:5000/a:1","Type":"image","Action":"pull","Actor":{"ID":"127.0.0.1:5000/a:1","Attributes":{"k":"v","name":"127.0.0.1:5000/a"}},"scope":"local","time":1795212073,"timeNano":1795212073000000005}"#
        );
        let tag = line(EventAction::Tag).unwrap();
        assert!(
            tag.contains(r#""ID":"sha256:aa","Attributes":{"k":"v","name":"127.0.0.1:5000/a:1"}"#),
            "{tag}"
        );
        let untag = line(EventAction::Untag).unwrap();
        assert!(untag.contains(r#""name":"sha256:aa""#), "{untag}");
    }

    #[test]
    fn credentials_are_not_told_of() {
        assert_eq!(line(EventAction::CredentialStored), None);
        assert_eq!(line(EventAction::Unspecified), None);
    }
}
