use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NAME: &str = "blob";

/// What is left, what was taken, and how often, if the document comes in pieces of so many bytes.
fn taken(document: &str, size: usize) -> (String, String, usize) {
    let (mut member, mut rest, mut blob) = (BlobMember::named(NAME), Vec::new(), Vec::new());
    for piece in document.as_bytes().chunks(size) {
        member.take(piece, &mut rest, &mut blob);
    }
    (String::from_utf8(rest).unwrap(), String::from_utf8(blob).unwrap(), member.texts())
}

#[test]
fn the_text_of_the_member_goes_and_everything_else_stays() {
    for (document, rest, blob) in [
        (r#"{"a":1,"blob":"QUJD","b":"x"}"#, r#"{"a":1,"blob":"","b":"x"}"#, "QUJD"),
        (r#" { "blob" : "QUJD" } "#, r#" { "blob" : "" } "#, "QUJD"),
        (r#"{"a":{"blob":"no"},"blob":"yes"}"#, r#"{"a":{"blob":"no"},"blob":""}"#, "yes"),
        (r#"{"a":["blob","blob"],"blob":"yes"}"#, r#"{"a":["blob","blob"],"blob":""}"#, "yes"),
        (
            r#"{"a":"blob","b":"\"blob\":\"no","blob":""}"#,
            r#"{"a":"blob","b":"\"blob\":\"no","blob":""}"#,
            "",
        ),
        (r#"{"blob":"a\/b\u002b\u003D"}"#, r#"{"blob":""}"#, "a/b+="),
        (r#"{"blobs":"no","blo":"no"}"#, r#"{"blobs":"no","blo":"no"}"#, ""),
        (r#"["blob","no"]"#, r#"["blob","no"]"#, ""),
        (r#"{"blob":null,"a":"no"}"#, r#"{"blob":null,"a":"no"}"#, ""),
        (r#"{"blob":["no"]}"#, r#"{"blob":["no"]}"#, ""),
    ] {
        for size in [1, 2, 7, 1000] {
            let (left, took, _) = taken(document, size);
            assert_eq!((left.as_str(), took.as_str()), (rest, blob), "{document} by {size}");
        }
    }
}

#[test]
fn escapes_that_stand_for_no_digit_leave_something_that_cannot_be_decoded() {
    for escape in [r"\n", r"\u00e4", r"\u20ac", r"\uXXXX", r"\\", r#"\""#] {
        let (rest, blob, _) = taken(&format!(r#"{{"blob":"QU{escape}JD","a":1}}"#), 3);
        assert_eq!(rest, r#"{"blob":"","a":1}"#, "{escape}");
        assert!(blob.contains('\\'), "{escape}: {blob}");
    }
}

#[test]
fn a_member_that_comes_twice_is_counted() {
    assert_eq!(taken(r#"{"blob":"a","blob":"b"}"#, 4).2, 2);
    assert_eq!(taken(r#"{"blob":5}"#, 4).2, 0);
}

#[test]
fn a_document_that_breaks_off_in_the_blob_is_none() {
    let (rest, blob, _) = taken(r#"{"a":1,"blob":"QUJ"#, 5);
    assert_eq!((rest.as_str(), blob.as_str()), (r#"{"a":1,"blob":""#, "QUJ"));
    assert!(serde_json::from_str::<Value>(&rest).is_err());
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![any::<i32>().prop_map(Value::from), "[a-z\"\\\\{}:,]{0,9}".prop_map(Value::from)];
    let inner = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab\"]|blob", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[ab\"]|blob", inner, 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

proptest! {
    #[test]
    fn what_is_left_is_the_document_without_the_text(document in documents(), size in 1_usize..40) {
        let (rest, blob, texts) = taken(&document.to_string(), size);
        let mut left = document.clone();
        let text = left.get(NAME).and_then(Value::as_str).map(str::to_owned);
        if text.is_some() {
            left[NAME] = json!("");
        }
        prop_assert_eq!(serde_json::from_str::<Value>(&rest).unwrap(), left);
        prop_assert_eq!(texts, usize::from(text.is_some()));
        if let Some(text) = text.filter(|text| !text.contains(['"', '\\'])) {
            prop_assert_eq!(blob, text);
        }
    }

    #[test]
    fn no_bytes_make_it_fail(bytes: Vec<u8>, size in 1_usize..9) {
        let (mut member, mut rest, mut blob) = (BlobMember::named(NAME), Vec::new(), Vec::new());
        bytes.chunks(size).for_each(|piece| member.take(piece, &mut rest, &mut blob));
        prop_assert!(rest.len() + blob.len() <= bytes.len());
    }
}
