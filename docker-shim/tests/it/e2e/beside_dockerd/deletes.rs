//! Removal: what goes, what stays, what is refused.

use fixtures::peers::Recipe;

use super::pair::Pair;

async fn pair_with_app() -> (Pair, fixtures::peers::Pushed) {
    let pair = Pair::start().await;
    let pushed = pair.registry.push("team/app", "v1", &Recipe::plain("delete")).await;
    pair.pull("team/app", "v1").await;
    (pair, pushed)
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_by_name_takes_the_name_and_with_the_last_one_the_image() {
    let (pair, pushed) = pair_with_app().await;
    for tag in ["alias:1", "alias:2"] {
        let (repo, tag) = tag.split_once(':').unwrap();
        pair.post(&format!("{}?repo={repo}&tag={tag}", pair.path("team/app", ":v1/tag"))).await;
    }
    pair.delete("/v1.41/images/alias:1").await;
    pair.delete("/v1.41/images/alias:1").await;
    pair.delete("/v1.41/images/alias").await;
    // The last tag of its repository takes the digest with it; another repository still names the image.
    pair.delete(&pair.path("team/app", ":v1")).await;
    pair.get(&format!("/v1.41/images/{}/json", pushed.image_id)).await;
    pair.delete("/v1.41/images/alias:2?force=1").await;
    pair.get(&format!("/v1.41/images/{}/json", pushed.image_id)).await;
    pair.get("/v1.41/images/json").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_by_digest_leaves_the_tags_alone() {
    let (pair, pushed) = pair_with_app().await;
    let digest = pair.path("team/app", &format!("@{}", pushed.digest));
    pair.delete(&digest).await;
    pair.get(&pair.path("team/app", ":v1/json")).await;
    pair.delete(&digest).await;
    pair.delete(&pair.path("team/app", ":v1")).await;
    // Pulled by digest only: the digest is the last name.
    pair.pull("team/app", &pushed.digest).await;
    pair.delete(&digest).await;
    pair.get("/v1.41/images/json").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_by_id_wants_force_when_there_are_several_names() {
    let (pair, pushed) = pair_with_app().await;
    let hex = &pushed.image_id["sha256:".len()..];
    let tag = |target: &'static str| {
        let path = format!("{}?{target}", pair.path("team/app", ":v1/tag"));
        let pair = &pair;
        async move { pair.post(&path).await }
    };
    tag("repo=other&tag=1").await;
    for name in [hex, &hex[..12], &hex[..5], &pushed.image_id] {
        pair.delete(&format!("/v1.41/images/{name}")).await;
    }
    pair.delete(&format!("/v1.41/images/{hex}?force=true&noprune=False")).await;
    // Two tags of one repository are several names too.
    pair.pull("team/app", "v1").await;
    tag("repo=same&tag=1").await;
    tag("repo=same&tag=2").await;
    pair.delete(&pair.path("team/app", ":v1")).await;
    pair.delete(&format!("/v1.41/images/{hex}")).await;
    pair.delete("/v1.41/images/same:2").await;
    pair.delete(&format!("/v1.41/images/{}", &hex[..12])).await;
    // One tag and its digest are one name.
    pair.pull("team/app", "v1").await;
    pair.delete(&format!("/v1.41/images/{}", pushed.image_id)).await;
    pair.get("/v1.41/images/json").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_removed_is_refused_in_the_same_words() {
    let pair = Pair::start().await;
    for name in ["nosuch", "nosuch:x", "nosuch?force=1", "UPPER", "a//b", "", "%20", "sha256:nonexistent"] {
        pair.delete(&format!("/v1.41/images/{name}")).await;
    }
    pair.delete(&format!("/v1.41/images/sha256:{}", "a".repeat(64))).await;
    pair.delete(&format!("/v1.41/images/{}", "a".repeat(64))).await;
    pair.delete("/v1.41/images").await;
    pair.verdict();
}
