use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

fn seal_with(key: &[u8]) -> Result<Seal, KeyError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, key).unwrap();
    Seal::from_key_file(&file)
}

fn opened(seal: &Seal, place: &str, sealed: &[u8]) -> Option<String> {
    seal.open(place, sealed).map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn a_seal_opens_in_its_own_place_and_nowhere_else() {
    let seal = seal_with(&[7; 32]).unwrap();
    let sealed = seal.seal("default|ghcr.io", &"s3cret".into()).unwrap();
    assert_eq!(opened(&seal, "default|ghcr.io", &sealed).as_deref(), Some("s3cret"));
    assert_eq!(opened(&seal, "default|docker.io", &sealed), None);
    assert_eq!(opened(&seal_with(&[8; 32]).unwrap(), "default|ghcr.io", &sealed), None);
}

#[test]
fn a_seal_that_was_altered_or_cut_anywhere_does_not_open() {
    let seal = seal_with(&[7; 32]).unwrap();
    let sealed = seal.seal("place", &"s3cret".into()).unwrap();
    for index in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[index] ^= 1;
        assert_eq!(opened(&seal, "place", &altered), None, "byte {index}");
        assert_eq!(opened(&seal, "place", &sealed[..index]), None, "cut at {index}");
    }
}

#[test]
fn the_same_secret_is_never_sealed_alike() {
    let seal = seal_with(&[7; 32]).unwrap();
    let [one, two] = [(); 2].map(|()| seal.seal("place", &"s3cret".into()).unwrap());
    assert_ne!(one, two);
    assert!(!one.windows(6).any(|window| window == b"s3cret"));
}

#[test]
fn a_key_is_32_bytes_raw_or_64_digits_and_nothing_else() {
    let raw = [0xab; 32];
    let sealed = seal_with(&raw).unwrap().seal("place", &"s3cret".into()).unwrap();
    for spelling in [hex::encode(raw), format!("{}\n", hex::encode(raw)), hex::encode_upper(raw)] {
        let seal = seal_with(spelling.as_bytes()).unwrap();
        assert_eq!(opened(&seal, "place", &sealed).as_deref(), Some("s3cret"));
    }
    for wrong in [&b""[..], &[7; 31], &[7; 33], &[b'a'; 63], &[b'a'; 65], &[b'g'; 64], &[b'a'; 4096]] {
        let error = seal_with(wrong).unwrap_err();
        assert!(matches!(error, KeyError::Content { .. }), "{} bytes: {error}", wrong.len());
    }
}

#[test]
fn a_generated_key_is_private_complete_and_kept() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let sealed = Seal::in_data_dir(&folder).unwrap().seal("place", &"s3cret".into()).unwrap();
    let again = Seal::in_data_dir(&folder).unwrap();
    assert_eq!(opened(&again, "place", &sealed).as_deref(), Some("s3cret"));
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 1, "no draft is left");
    assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn all_that_start_at_once_get_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let seals: Vec<Seal> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| Seal::in_data_dir(folder.path()))).collect();
        starts.into_iter().map(|start| start.join().unwrap().unwrap()).collect()
    });
    let sealed = seals[0].seal("place", &"s3cret".into()).unwrap();
    assert!(seals.iter().all(|seal| opened(seal, "place", &sealed).is_some()));
}

#[test]
fn a_damaged_key_is_refused_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("credentials.key"), b"short").unwrap();
    let error = Seal::in_data_dir(folder.path()).unwrap_err();
    assert!(error.to_string().contains("credentials.key must be 32 bytes"), "{error}");
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", seal_with(b"0123456789abcdef0123456789abcdef").unwrap()), "Seal { .. }");
}
