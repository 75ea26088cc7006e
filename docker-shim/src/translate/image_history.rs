//! One step of an image's history.

use imageservice_proto::v1::HistoryEntry;

use crate::dto::image_history::HistoryItem;

/// Renders a step; steps below the newest have no image of their own.
pub(crate) fn history_item(entry: &HistoryEntry) -> HistoryItem<'_> {
    HistoryItem {
        comment: &entry.comment,
        created: entry.created.as_ref().map_or(0, |created| created.seconds),
        created_by: &entry.created_by,
        id: if entry.image_id.is_empty() { "<missing>" } else { &entry.image_id },
        size: entry.size,
        tags: Some(entry.tags.as_slice()).filter(|tags| !tags.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_step_has_an_id_and_tags() {
        let newest = HistoryEntry {
            image_id: "sha256:ed83".to_owned(),
            created: Some(prost_types::Timestamp { seconds: 1_795_211_651, nanos: 0 }),
            comment: "hi".to_owned(),
            size: 405_270,
            tags: vec!["busy:1".to_owned()],
            ..HistoryEntry::default()
        };
        let older = HistoryEntry {
            created_by: "/bin/sh -c #(nop)  LABEL a=x <y@z>".to_owned(),
            ..HistoryEntry::default()
        };
        assert_eq!(
            serde_json::to_string(&[history_item(&newest), history_item(&older)]).unwrap(),
            concat!(
                r#"[{"Comment":"hi","Created":1795211651,"CreatedBy":"","Id":"sha256:ed83","Size":405270,"Tags":["busy:1"]},"#,
                r##"{"Comment":"","Created":0,"CreatedBy":"/bin/sh -c #(nop)  LABEL a=x <y@z>","Id":"<missing>","Size":0,"Tags":null}]"##
            )
        );
    }
}
