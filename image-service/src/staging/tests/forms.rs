//! Which compression and which manifest comes of what.

use super::{
    LARGE,
    yard::{Layer, TestYard, content, gunzip, hand, image, manifest},
};
use crate::{
    config::{LayerCompression, StagingConfig},
    model::{Digest, MediaType},
};

#[tokio::test]
async fn what_comes_compressed_is_sent_as_it_came() {
    let yard = TestYard::new();
    let layer = Layer::gzip(content(1, LARGE));
    let (staged, _) = yard.load(std::slice::from_ref(&layer)).await.unwrap();
    assert!(yard.blobs(&staged)[0] == layer.written);
    assert_eq!(staged.manifest.media_type, MediaType::DockerManifest.as_str());
    let (_, known) = yard.load(&[layer]).await.unwrap();
    assert_eq!(known, [true]);
}

#[tokio::test]
async fn a_layer_of_zstd_makes_the_manifest_one_of_oci() {
    let yard = TestYard::new();
    let (staged, _) =
        yard.load(&[Layer::gzip(content(1, 5000)), Layer::zstd(content(2, 5000))]).await.unwrap();
    assert_eq!(staged.manifest.media_type, MediaType::OciManifest.as_str());
    let types: Vec<_> =
        staged.layers.iter().map(|layer| layer.media_type.rsplit('.').next().unwrap()).collect();
    assert_eq!(types, ["tar+gzip", "tar+zstd"]);
}

#[tokio::test]
async fn a_known_layer_of_zstd_is_not_given_to_one_who_stages_gzip() {
    let yard = TestYard::new();
    let plain = content(1, LARGE);
    yard.load(&[Layer::zstd(plain.clone())]).await.unwrap();
    let (staged, known) = yard.load(&[Layer::plain(plain.clone())]).await.unwrap();
    assert_eq!(known, [false]);
    assert!(gunzip(&yard.blobs(&staged)[0]) == plain);
}

#[tokio::test]
async fn what_one_brought_compressed_is_not_given_to_one_who_brings_it_plain() {
    let yard = TestYard::new();
    let brought = Layer::gzip(content(1, LARGE));
    let (theirs, _) = yard.load(std::slice::from_ref(&brought)).await.unwrap();
    for plain in [Layer::promised(brought.plain.clone()), Layer::plain(brought.plain.clone())] {
        let (own, _) = yard.load(&[plain]).await.unwrap();
        assert_ne!(own.layers[0].digest, theirs.layers[0].digest);
    }
}

#[tokio::test]
async fn every_configured_compression_gives_back_the_layer() {
    for (compression, media_type) in [(LayerCompression::Zstd, "tar+zstd"), (LayerCompression::None, "tar")] {
        let yard = TestYard::with(StagingConfig { compression, ..StagingConfig::default() });
        let plain = content(1, LARGE);
        let (staged, _) = yard.load(&[Layer::plain(plain.clone())]).await.unwrap();
        let blob = yard.blobs(&staged).remove(0);
        let read = match compression {
            LayerCompression::Zstd => zstd::decode_all(&blob[..]).unwrap(),
            _ => blob.to_vec(),
        };
        assert!(read == plain);
        assert!(staged.layers[0].media_type.ends_with(media_type));
        let (_, known) = yard.load(&[Layer::plain(plain)]).await.unwrap();
        assert_eq!(known, [true]);
    }
}

#[tokio::test]
async fn the_archives_own_manifest_is_kept_if_its_layers_are() {
    let yard = TestYard::new();
    let layer = Layer::gzip(content(1, LARGE));
    let read = layer.read();
    let descriptor = format!(
        r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{}","size":{}}}"#,
        read.digest, read.size
    );
    let own = manifest(MediaType::OciManifest.as_str(), &descriptor);
    let mut image = image(vec![read]);
    image.manifest = Some(own.clone());
    let session = yard.begin();
    hand(session.intake(), vec![layer]).await.unwrap();
    assert_eq!(session.stage(&image).await.unwrap().manifest, own);
}

#[tokio::test]
async fn a_manifest_whose_layers_were_plain_is_made_anew_with_foreign_layers_as_they_were() {
    let yard = TestYard::new();
    let layer = Layer::plain(content(1, LARGE));
    let read = layer.read();
    let elsewhere = Digest::of(b"elsewhere");
    let foreign = format!(
        r#"{{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip","digest":"{elsewhere}","size":9,"urls":["https://elsewhere.test/x"]}}"#
    );
    let plain = format!(
        r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}"#,
        read.digest, read.size
    );
    let mut image = image(vec![read]);
    image.manifest = Some(manifest(MediaType::OciManifest.as_str(), &format!("{foreign},{plain}")));
    let session = yard.begin();
    hand(session.intake(), vec![layer]).await.unwrap();
    let staged = session.stage(&image).await.unwrap();
    assert_eq!(staged.manifest.media_type, MediaType::OciManifest.as_str());
    assert!(std::str::from_utf8(&staged.manifest.bytes).unwrap().contains(&foreign));
    assert_eq!(staged.layers[0].digest, elsewhere);
    assert!(staged.layers[1].media_type.ends_with("tar+gzip"));
}
