use super::*;

fn image(digest: &str, tags: &[&str]) -> v1::ImageDetail {
    v1::ImageDetail {
        image_digest: digest.to_owned(),
        image_tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..Default::default()
    }
}

fn id(digest: &str, tag: &str) -> v1::ImageIdentifier {
    v1::ImageIdentifier { image_digest: digest.to_owned(), image_tag: tag.to_owned() }
}

fn codes(survey: &Survey) -> Vec<ImageFailureCode> {
    survey.failures.iter().map(v1::ImageFailure::failure_code).collect()
}

#[test]
fn all_tags_of_an_image_at_once_are_its_last() {
    let images = [image("sha256:a", &["one", "two"]), image("sha256:b", &["three", "four"])];
    let survey = decide(vec![id("", "one"), id("", "two"), id("", "three")], &images, true);
    assert_eq!(codes(&survey), [ImageFailureCode::LastTag, ImageFailureCode::LastTag]);
    assert_eq!(survey.tags, [id("", "three")]);
}

#[test]
fn a_tag_that_points_elsewhere_or_nowhere_stays() {
    let images = [image("sha256:a", &["one"])];
    let survey = decide(vec![id("sha256:b", "one"), id("sha256:a", "gone")], &images, false);
    assert_eq!(
        codes(&survey),
        [ImageFailureCode::ImageTagDoesNotMatchDigest, ImageFailureCode::ImageNotFound]
    );
    assert!(survey.tags.is_empty());
}

#[test]
fn a_tag_that_points_at_its_digest_goes_by_tag_alone() {
    let survey = decide(vec![id("sha256:a", "one"), id("", "one")], &[image("sha256:a", &["one"])], false);
    assert_eq!(survey.tags, [id("", "one")]);
    assert!(survey.failures.is_empty());
}
