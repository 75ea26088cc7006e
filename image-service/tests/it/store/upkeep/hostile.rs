//! Documents that nobody should import.

use std::io::{self, Read};

use image_service::{
    model::Digest,
    store::{TransferError, UpkeepError},
};

use super::world::{State, both, lines};
use crate::store::here;

fn packed(lines: &[String]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    zstd::encode_all(text.as_bytes(), 1).unwrap()
}

/// The lines with an end that fits them.
fn ended(mut lines: Vec<String>) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (count, digest) = (lines.len(), Digest::of(text.as_bytes()));
    lines.push(format!("{{\"end\":{{\"lines\":{count},\"digest\":\"{digest}\"}}}}"));
    packed(&lines)
}

/// Nothing of the document is there, and the state takes another one.
async fn refused(state: &State, document: &[u8]) -> String {
    let error = state.import(document).await.expect_err("it is not imported");
    assert!(!matches!(error, UpkeepError::NotEmpty), "{error}");
    let store = state.open().await;
    assert_eq!(store.count(&here()).await.unwrap(), 0);
    store.close().await;
    error.to_string()
}

/// The lines of a full state, without the end.
async fn good_lines() -> Vec<String> {
    let mut lines = lines(&State::sqlite().filled().await.exported().await);
    lines.pop();
    lines
}

fn position(lines: &[String], kind: &str) -> usize {
    lines.iter().position(|line| line.starts_with(&format!("{{\"{kind}\":"))).unwrap()
}

#[tokio::test]
async fn lines_that_were_changed_are_refused_by_their_number() {
    let good = good_lines().await;
    let state = State::sqlite();
    let changed = |kind: &str, from: &str, to: &str| {
        let is_meant = |line: &String| line.starts_with(&format!("{{\"{kind}\":")) && line.contains(from);
        let (mut lines, at) = (good.clone(), good.iter().position(is_meant).unwrap());
        lines[at] = lines[at].replacen(from, to, 1);
        (at + 1, ended(lines))
    };
    for (kind, from, to, why) in [
        ("image", "linux", "windows", "its content has another digest"),
        ("manifest", "schemaVersion", "schemaVersioN", "its content has another digest"),
        ("image", "\"namespace\":\"default\"", "\"namespace\":\"de fault\"", "a namespace is"),
        ("image", "\"layer_sizes\"", "\"unknown\":1,\"layer_sizes\"", "unknown field"),
        ("image", "\"layer_sizes\"", "\"id\":\"x\",\"layer_sizes\"", "duplicate field"),
        ("tag", "docker.io/library/", "docker.io/library/A", "cannot be read"),
        ("tag", "docker.io/library/", "library/", "is not spelt as it is kept"),
        ("tag", "\"updated\":\"2", "\"updated\":\"x", "a time cannot be read"),
        ("tag", "linux/amd64", "linux/\\u0000", "a character 0"),
        ("repo_digest", "\"pulled\"", "\"guessed\"", "its origin is not known"),
        ("staged_layer", "\"size\":", "\"size\":-", "below 0"),
        ("credential", "\"kind\":\"", "\"kind\":\"x", "its kind is not known"),
        ("vector", "\"indexed\":", "\"indexed\":9", "a revision that is not there"),
        ("vector", "\"dimensions\":", "\"dimensions\":7", "not as many numbers"),
        ("manifest_note", "{\"manifest_note\"", "{\"invoice\"", "unknown variant"),
        ("tag", "{\"tag\"", "[1] {\"tag\"", "line"),
    ] {
        let (line, document) = changed(kind, from, to);
        let text = refused(&state, &document).await;
        assert!(text.contains(&format!("line {line} ")) && text.contains(why), "{kind} {to}: {text}");
    }
}

#[tokio::test]
async fn lines_that_are_there_twice_missing_or_out_of_place_are_refused() {
    let good = good_lines().await;
    for state in both().await {
        let (image, tag) = (position(&good, "image"), position(&good, "tag"));
        let mut twice = good.clone();
        twice.insert(tag + 1, good[tag].clone());
        let mut late = good.clone();
        let moved = late.remove(image);
        late.insert(position(&late, "image_manifest"), moved);
        let mut swapped = good.clone();
        swapped.swap(image, image + 1);
        let mut headers = good.clone();
        headers.insert(1, good[0].clone());
        for document in [twice, late, swapped, headers] {
            let text = refused(&state, &ended(document)).await;
            assert!(text.contains("is there twice, or not in its place"), "{text}");
        }
        for kind in ["image", "manifest"] {
            let mut dangling = good.clone();
            dangling.remove(position(&good, kind));
            let text = refused(&state, &ended(dangling)).await;
            assert!(text.contains("points at something that is not in the export"), "{text}");
        }
    }
}

#[tokio::test]
async fn one_name_among_thousands_that_points_at_nothing_is_told_by_its_line() {
    let mut lines = lines(&State::sqlite().filled().await.with_many_names().await.exported().await);
    lines.pop();
    let at = lines.iter().position(|line| line.contains("\"tag\":\"777\"")).unwrap();
    let id = lines[at].split("\"image\":\"").nth(1).unwrap()[..71].to_owned();
    lines[at] = lines[at].replace(&id, &Digest::of(b"not there").to_string());
    // What is wrong further down is not what is told.
    let last = lines.len() - 1;
    lines[last].push('!');
    let document = ended(lines);
    for state in both().await {
        let text = refused(&state, &document).await;
        let expected =
            format!("line {} of the export: tag default docker.io/library/many 777 points at", at + 1);
        assert!(text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn an_export_that_breaks_off_anywhere_is_refused() {
    let (good, state) = (good_lines().await, State::sqlite());
    let whole = ended(good.clone());
    for length in (10..whole.len()).step_by(whole.len() / 23) {
        let text = refused(&state, &whole[..length]).await;
        assert!(text.contains("breaks off") || text.contains("no export"), "{length}: {text}");
    }
    for count in [1, good.len() / 2, good.len()] {
        let text = refused(&state, &packed(&good[..count])).await;
        assert!(text.contains(&format!("breaks off after line {count}")), "{text}");
    }
}

#[tokio::test]
async fn an_end_that_tells_of_other_lines_is_refused() {
    let (good, state) = (good_lines().await, State::sqlite());
    let mut whole = lines(&ended(good.clone()));
    let mut without = whole.clone();
    without.remove(position(&whole, "staged_layer"));
    let mut more = whole.clone();
    more.push("{}".to_owned());
    let last = whole.len() - 1;
    whole[last] = whole[last].replace("\"lines\":", "\"lines\":1");
    for document in [without, more, whole] {
        let error = state.import(&packed(&document)).await.unwrap_err();
        assert!(matches!(error, UpkeepError::Transfer(TransferError::Altered)), "{error}");
    }
    let mut twice = ended(good.clone());
    twice.extend(ended(good));
    let error = state.import(&twice).await.unwrap_err();
    assert!(matches!(error, UpkeepError::Transfer(TransferError::Altered)), "{error}");
    assert!(state.import(&ended(good_lines().await)).await.is_ok(), "after all that it takes what is right");
}

#[tokio::test]
async fn what_is_no_export_and_exports_of_other_forms_are_refused() {
    let state = State::sqlite();
    let header = |version: u64| {
        format!("{{\"header\":{{\"format\":\"image-service\",\"version\":{version},\"new\":1}}}}")
    };
    for (document, why) in [
        (Vec::new(), "no export"),
        (b"SQLite format 3\0".repeat(100), "no export"),
        (packed(&["hello".to_owned()]), "no export"),
        (packed(&["{\"header\":{\"format\":\"another\",\"version\":1}}".to_owned()]), "no export"),
        (packed(&[header(2)]), "has form 2, which this version of image-service does not read"),
        (packed(&[header(u64::MAX)]), "has form 18446744073709551615"),
        (packed(&[header(1)]), "line 1 of the export"),
    ] {
        let text = refused(&state, &document).await;
        assert!(text.contains(why), "{why}: {text}");
    }
}

/// A line that never ends, compressed to almost nothing.
#[tokio::test]
async fn a_line_without_an_end_is_given_up() {
    let state = State::sqlite();
    let (mut bomb, mut endless) = (Vec::new(), io::repeat(b' ').take(200 * 1024 * 1024));
    let header = good_lines().await[0].clone() + "\n";
    zstd::stream::copy_encode(&mut header.as_bytes().chain(&mut endless), &mut bomb, 1).unwrap();
    assert!(bomb.len() < 1024 * 1024);
    let text = refused(&state, &bomb).await;
    assert!(text.contains("line 2 of the export: it is longer than"), "{text}");
}
