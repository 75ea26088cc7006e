//! Loading, importing, saving and pushing.

use fixtures::peers::{Archive, Layer, Recipe};
use http::Method;
use serde_json::{Value, json};

use super::{pair::Pair, recipes};

const LOAD: &str = "/v1.41/images/load?quiet=1";

#[tokio::test(flavor = "multi_thread")]
async fn archives_load_as_in_dockerd() {
    let pair = Pair::start().await;
    let [one, two, three] = ["one", "two", "three"].map(Recipe::plain);
    for images in [
        &[(&one, &["one:1"][..])][..],
        &[(&one, &["one:1"])],
        &[(&one, &["docker.io/library/one:1", "one:2", "reg.example.com:5000/a/b/one:rel"])],
        &[(&two, &[])],
        // The name is another image's.
        &[(&two, &["one:1"])],
        &[(&one, &["a:1"]), (&two, &["a:2"]), (&three, &["a:3"])],
        &[(&one, &[]), (&two, &[])],
        &[(&one, &[]), (&two, &["last:1"])],
        &[(&one, &["first:1"]), (&two, &[])],
    ] {
        pair.upload(LOAD, &Archive::docker(images).tar()).await;
        pair.get("/v1.41/images/one:1/json").await;
    }
    for name in ["one:2", "a:3", "first:1", &one.image_id()] {
        pair.get(&format!("/v1.41/images/{name}/json")).await;
        pair.get(&format!("/v1.41/images/{name}/history")).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_image_is_the_same_when_it_was_loaded() {
    let pair = Pair::start().await;
    for (name, recipe) in recipes::all() {
        let name = format!("{}:v1", name.replace('/', "-"));
        pair.upload(LOAD, &Archive::docker(&[(&recipe, &[&name])]).tar()).await;
        pair.get(&format!("/v1.41/images/{name}/json")).await;
        pair.get(&format!("/v1.41/images/{name}/history")).await;
    }
    pair.get("/v1.41/images/json").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_are_refused_for_dockerds_reasons() {
    let pair = Pair::start().await;
    let recipe = Recipe::plain("bad");
    let good = Archive::docker(&[(&recipe, &["bad:1"])]);
    let config = format!("{}.json", &recipe.image_id()["sha256:".len()..]);
    let layer = format!("{}/layer.tar", &recipe.layers[0].diff_id["sha256:".len()..]);
    let tar = good.tar();
    let config_with = |change: fn(&mut Value)| {
        let mut document: Value = serde_json::from_slice(&recipe.config_bytes()).unwrap();
        change(&mut document);
        good.clone().with(&config, document.to_string().into_bytes()).tar()
    };
    for archive in [
        b"".to_vec(),
        b"hello this is not a tar at all".to_vec(),
        vec![0xa5; 2048],
        tar[..700].to_vec(),
        tar[..1100].to_vec(),
        good.clone().without("manifest.json").tar(),
        good.clone().without(&config).tar(),
        good.clone().without(&layer).tar(),
        good.clone().with(&layer, Layer::with_file("other", b"x").tar()).tar(),
        good.clone().with(&config, b"{}".to_vec()).tar(),
        config_with(|config| config["rootfs"]["diff_ids"] = json!([])),
        Archive::docker(&[(&recipe, &["justname"])]).tar(),
    ] {
        pair.upload(LOAD, &archive).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn root_file_systems_are_imported_as_in_dockerd() {
    let pair = Pair::start().await;
    let root = Layer::with_file("hello", b"hello").tar();
    let import = async |query: &str, body: &[u8]| {
        pair.upload(&format!("/v1.41/images/create?fromSrc=-&{query}"), body).await;
    };
    for (tag, query) in [
        ("1", "repo=imported&tag=1"),
        ("2", "repo=imported:2&message=hi&changes=ENV%20A=b&changes=CMD%20%5B%22sh%22%5D"),
        ("3", "repo=imported:x&tag=3"),
        ("4", "repo=imported&tag=4&changes=ENTRYPOINT%20%5B%22/usr/bin/dumb-init%22,%20%22/entrypoint%22%5D"),
        (
            "5",
            "repo=imported&tag=5&changes=LABEL%20a=b&changes=USER%201&changes=WORKDIR%20/w&changes=EXPOSE%2080",
        ),
        ("latest", "repo=imported"),
    ] {
        import(query, &root).await;
        pair.get(&format!("/v1.41/images/imported:{tag}/json")).await;
    }
    for query in ["repo=UPPER", "repo=a&changes=RUN%20x", "repo=a&tag=-bad", "repo=a&platform=a/b/c/d"] {
        import(query, &root).await;
    }
    import("repo=a", b"hello this is not a tar").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_archives_hold_the_same_images_as_dockerds() {
    let pair = Pair::start().await;
    let mut layered = Recipe::plain("layered");
    layered.layers.push(Layer::with_file("second", b"two"));
    let single = Recipe::plain("single");
    let images = [(&layered, &["app:1", "app:2"][..]), (&single, &["other:1"])];
    pair.upload(LOAD, &Archive::docker(&images).tar()).await;
    let id = layered.image_id();
    for path in [
        "/v1.41/images/app:1/get".to_owned(),
        "/v1.41/images/app/get".to_owned(),
        format!("/v1.41/images/{id}/get"),
        "/v1.41/images/get?names=app:1&names=other:1".to_owned(),
        "/v1.41/images/get?names=app:2&names=app:1".to_owned(),
        format!("/v1.41/images/get?names={id}&names=app:1"),
    ] {
        let theirs = pair.dockerd.engine().get(&path).await;
        let ours = pair.system.engine().get(&path).await;
        assert_eq!(
            (theirs.status, theirs.header("content-type")),
            (ours.status, ours.header("content-type"))
        );
        let contents = |tar: &[u8]| {
            let mut images = Archive::read(tar).images();
            images.sort_by(|one, other| one.image_id.cmp(&other.image_id));
            images
        };
        assert_eq!(contents(&theirs.body), contents(&ours.body), "{path}");
    }
    for name in ["nosuch", "nosuch:1", "app:nosuch"] {
        pair.get(&format!("/v1.41/images/{name}/get")).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_are_told_as_by_dockerd() {
    let pair = Pair::start().await;
    let [pushed, other] = ["team/pushed", "team/other-pushed"].map(|name| pair.registry.reference(name));
    let archive =
        Archive::docker(&[(&Recipe::plain("push"), &[&format!("{pushed}:v1"), &format!("{other}:v1")])]);
    pair.upload(LOAD, &archive.tar()).await;
    let push = async |name: &str, query: &str| {
        let path = format!("/v1.41/images/{name}/push{query}");
        pair.same_with(Method::POST, &path, &[("X-Registry-Auth", "e30=")]).await;
    };
    push(&pushed, "?tag=v1").await;
    push(&pushed, "?tag=v1").await;
    pair.get(&format!("/v1.41/images/{pushed}:v1/json")).await;
    push(&pushed, "").await;
    push(&other, "?tag=v1").await;
    push(&pushed, "?tag=nosuch").await;
    push(&pair.registry.reference("nosuch"), "?tag=v1").await;
    push(&pair.registry.reference("nosuch"), "").await;
    push("127.0.0.1:1/closed", "?tag=v1").await;
    pair.verdict();
}
