//! The built-in embedder gives the same vector everywhere and for ever: one that changes needs another version.

use image_service::{
    embedding::FeatureHashing,
    model::{Digest, Document, Image},
    ports::Embedder,
};

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","created":"2024-05-01T10:00:00Z",
"config":{"Env":["PATH=/usr/local/bin:/usr/bin","NGINX_VERSION=1.25.3","API_KEY=hunter2"],"Entrypoint":["/docker-entrypoint.sh"],
"Cmd":["nginx","-g","daemon off;"],"ExposedPorts":{"80/tcp":{},"443/tcp":{}},"User":"101","WorkingDir":"/srv",
"Labels":{"maintainer":"Web Team","org.opencontainers.image.title":"nginx"}},
"rootfs":{"type":"layers","diff_ids":["sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"]},
"history":[{"created_by":"/bin/sh -c #(nop) ADD file:abc in / "},{"created_by":"RUN apt-get update && apt-get install -y nginx","empty_layer":true}]}"#;

const DIGEST: &str = "sha256:a4915f438e9b7d4019190ab7009f1b5ebdc8d0acc9a91d0d22d55efa80c2eb5a";

#[tokio::test]
async fn a_fixed_image_has_a_fixed_vector() {
    let name = "docker.io/library/nginx:1.25.3-alpine".parse::<image_service::model::Reference>().unwrap();
    let image = Image {
        id: Digest::of(CONFIG.as_bytes()),
        config: CONFIG.into(),
        layer_sizes: vec![32],
        tags: vec![(name.repository, name.tag.unwrap())],
        digests: vec![],
        last_tagged: None,
    };
    let embedder = FeatureHashing::new(256);
    assert_eq!((embedder.version(), embedder.dimensions()), ("hashing-1/256", 256));
    let vector = embedder.embed(vec![Document::of_image(&image)]).await.unwrap().pop().flatten().unwrap();
    assert_eq!(
        Digest::of(&vector.to_bytes()).to_string(),
        DIGEST,
        "give a changed algorithm another version"
    );
}
