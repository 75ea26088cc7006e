use std::{fs, os::unix::fs::PermissionsExt};

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::*;

fn seal_with(key: &[u8]) -> Result<Seal, KeyError> {
    Seal::from_key_file(&key_file(&tempfile::tempdir().unwrap(), key))
}

fn key_file(folder: &TempDir, key: &[u8]) -> PathBuf {
    let file = folder.path().join("key");
    fs::write(&file, key).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn hex_keys(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| hex::encode([*byte; 32])).collect::<Vec<_>>().join("\n").into_bytes()
}

fn named(id: KeyId, in_force: bool) -> KnownKey {
    KnownKey { id, wrapped: None, in_force }
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
fn a_key_is_32_bytes_raw_or_64_digits_or_base64_and_nothing_else() {
    let raw = [0xab; 32];
    let sealed = seal_with(&raw).unwrap().seal("place", &"s3cret".into()).unwrap();
    let base64 = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s";
    let hex = hex::encode(raw);
    for spelling in [format!("{hex}\n"), hex, hex::encode_upper(raw), base64.into(), format!("{base64}=\n")] {
        let seal = seal_with(spelling.as_bytes()).unwrap();
        assert_eq!(opened(&seal, "place", &sealed).as_deref(), Some("s3cret"));
    }
    let second_is_wrong = [&hex_keys(&[1])[..], b" and"].concat();
    let endless = hex_keys(&[1; 64]);
    let wrongs = [&b""[..], b"\n", &[7; 31], &[7; 33], &[b'a'; 63], &[b'a'; 65], &[b'g'; 64], &[b'a'; 4096]];
    for wrong in wrongs.into_iter().chain([&second_is_wrong[..], &endless]) {
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
    let file = folder.path().join("credentials.key");
    fs::rename(key_file(&folder, b"short"), &file).unwrap();
    let error = Seal::in_data_dir(folder.path()).unwrap_err().to_string();
    assert!(error.contains("credentials.key must be 32 bytes"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"short");
}

#[test]
fn a_seal_of_the_first_form_opens_under_any_key_that_is_at_hand() {
    let key = RandomizedNonceKey::new(&AES_256_GCM, &[1; 32]).unwrap();
    let mut content = b"s3cret".to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(b"1|place"), &mut content).unwrap();
    let sealed = [&[1], &nonce.as_ref()[..], &content].concat();
    let seal = seal_with(&hex_keys(&[1, 2])).unwrap();
    assert_eq!(opened(&seal, "place", &sealed).as_deref(), Some("s3cret"));
    assert_eq!(opened(&seal, "elsewhere", &sealed), None);
    assert_eq!(opened(&seal_with(&hex_keys(&[2, 3])).unwrap(), "place", &sealed), None);
}

#[test]
fn the_last_key_seals_and_all_open() {
    let [old, new, both] = [&[1][..], &[2], &[1, 2]].map(|bytes| seal_with(&hex_keys(bytes)).unwrap());
    let [of_old, of_both] = [&old, &both].map(|seal| seal.seal("place", &"s3cret".into()).unwrap());
    assert_eq!(KeyId::of_seal(&of_both), new.keys().pop());
    assert_eq!(opened(&both, "place", &of_old).as_deref(), Some("s3cret"));
    assert_eq!(opened(&new, "place", &of_both).as_deref(), Some("s3cret"));
    assert_eq!(opened(&old, "place", &of_both), None);
}

#[tokio::test]
async fn the_state_says_which_key_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::from_key_file(&key_file(&folder, &hex_keys(&[1, 2]))).unwrap();
    let [first, second] = seal.keys()[..] else { panic!("two keys") };
    seal.load("store", &[named(first, true), named(second, false)]).await.unwrap();
    let sealed = seal.seal("place", &"s3cret".into()).unwrap();
    assert_eq!(KeyId::of_seal(&sealed), Some(first));
    let next = seal.next("store", Some(&first)).await.unwrap();
    assert_eq!(next, FreshKey { id: second, wrapped: None });
    let error = seal.next("store", Some(&second)).await.unwrap_err().to_string();
    assert!(error.contains("is in force already: add a line below it"), "{error}");
}

#[tokio::test]
async fn a_key_that_was_added_to_the_file_meanwhile_is_found_and_a_missing_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::from_key_file(&key_file(&folder, &hex_keys(&[1]))).unwrap();
    let added = seal_with(&hex_keys(&[2])).unwrap();
    let id = added.keys()[0];
    let error = seal.load("store", &[named(id, true)]).await.unwrap_err().to_string();
    for part in [&id.to_string(), "/key", "put it there again", "forget-lost"] {
        assert!(error.contains(part), "{error}");
    }
    let sealed = seal.seal("place", &"s3cret".into()).unwrap();
    assert_eq!(KeyId::of_seal(&sealed), Some(seal.keys()[0]));
    key_file(&folder, &hex_keys(&[1, 2]));
    seal.load("store", &[named(id, true)]).await.unwrap();
    let sealed = seal.seal("place", &"s3cret".into()).unwrap();
    assert_eq!(opened(&added, "place", &sealed).as_deref(), Some("s3cret"));
}

#[tokio::test]
async fn a_key_of_the_data_folder_is_made_beside_the_old_one_which_goes_when_it_is_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::in_data_dir(folder.path()).unwrap();
    let old = seal.keys()[0];
    let of_old = seal.seal("place", &"s3cret".into()).unwrap();
    let next = seal.next("store", Some(&old)).await.unwrap().id;
    let again = Seal::in_data_dir(folder.path()).unwrap();
    assert_eq!(again.keys(), [old, next]);
    assert_eq!(opened(&again, "place", &of_old).as_deref(), Some("s3cret"));
    assert_eq!(again.next("store", Some(&old)).await.unwrap().id, next, "one that was not taken is taken");

    seal.load("store", &[named(next, true)]).await.unwrap();
    seal.discard(&[old]).await.unwrap();
    assert_eq!(seal.keys(), [next]);
    assert_eq!(Seal::in_data_dir(folder.path()).unwrap().keys(), [next]);
    assert_eq!(opened(&seal, "place", &of_old), None);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 1, "no draft is left");
    assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn an_old_file_opens_and_does_not_seal() {
    let (folder, old_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old_file = key_file(&old_folder, &hex_keys(&[1]));
    let old = Seal::from_key_file(&old_file).unwrap();
    let of_old = old.seal("place", &"s3cret".into()).unwrap();
    let seal = Seal::from_key_file(&key_file(&folder, &hex_keys(&[2]))).unwrap();
    let seal = seal.with_old_keys(&old_file).unwrap();
    assert_eq!(opened(&seal, "place", &of_old).as_deref(), Some("s3cret"));
    assert_ne!(KeyId::of_seal(&seal.seal("place", &"s3cret".into()).unwrap()), Some(old.keys()[0]));
    assert_ne!(seal.next("store", None).await.unwrap().id, old.keys()[0]);
    seal.load("store", &[named(old.keys()[0], true)])
        .await
        .expect("until the keys are changed it is in force");
}

#[test]
fn a_key_file_that_everyone_can_use_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = key_file(&folder, &[7; 32]);
    for (mode, is_refused) in [(0o400, false), (0o440, false), (0o604, true), (0o602, true), (0o644, true)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let told = Seal::from_key_file(&file).err().map(|error| error.to_string());
        assert_eq!(told.is_some(), is_refused, "{mode:o}");
        let remedy = format!("(mode {mode:o}): chmod 600 {}", file.display());
        assert!(told.is_none_or(|told| told.contains(&remedy)));
    }
}

#[test]
fn a_variable_and_a_credential_that_are_not_there_are_named() {
    let error = Seal::from_variable("IMAGE_SERVICE_NO_SUCH_KEY").unwrap_err().to_string();
    assert!(error.contains("IMAGE_SERVICE_NO_SUCH_KEY"), "{error}");
    let error = Seal::from_variable("PATH").unwrap_err();
    assert!(matches!(&error, KeyError::Content { place } if place.contains("PATH")), "{error}");
    let error = Seal::from_systemd("key").unwrap_err().to_string();
    assert!(error.contains("LoadCredential=key:FILE"), "{error}");
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", seal_with(b"0123456789abcdef0123456789abcdef").unwrap()), "Seal { .. }");
}
