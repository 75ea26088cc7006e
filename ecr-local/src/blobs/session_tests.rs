use http_body_util::Full;

use super::*;

#[tokio::test]
async fn nobody_writes_to_an_upload_whose_digest_was_proved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    create(&path).unwrap();
    let session = Session::empty(path.clone(), Durability::default());
    session.receive(Full::new(Bytes::from_static(b"content")), None).await.unwrap();
    let digest = Digest::of(b"content");

    let finished = session.finish(&digest).await.unwrap();
    let more = session.receive(Full::new(Bytes::from_static(b"more")), None).await;
    assert!(matches!(more, Err(ReceiveError::Busy)));
    assert!(matches!(session.finish(&digest).await, Err(CompleteError::Busy)));

    std::fs::rename(&finished.path, folder.path().join("blob")).unwrap();
    drop(finished);
    let more = session.receive(Full::new(Bytes::from_static(b"more")), None).await;
    assert!(matches!(more, Err(ReceiveError::Gone)));
}

#[tokio::test]
async fn an_upload_with_another_digest_can_be_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    create(&path).unwrap();
    let session = Session::empty(path, Durability::default());
    assert!(matches!(session.finish(&Digest::of(b"content")).await, Err(CompleteError::Mismatch)));
    assert_eq!(session.receive(Full::new(Bytes::from_static(b"content")), None).await.unwrap(), 7);
}
