use super::*;
use crate::model::Digest;

fn note(digest: &str) -> Record {
    let repository = "docker.io/library/app".to_owned();
    let noted = "2024-01-01T00:00:00.000000000Z".to_owned();
    Record::ManifestNote(ManifestNoteRecord { repository, digest: digest.to_owned(), noted })
}

fn written(records: &[Record]) -> Vec<u8> {
    let mut document = Vec::new();
    let mut writer = ExportWriter::new(&mut document).unwrap();
    writer.write(&Record::Header(Header::of("name".to_owned(), true))).unwrap();
    records.iter().for_each(|record| writer.write(record).unwrap());
    writer.finish().unwrap();
    document
}

#[test]
fn what_was_written_is_read_again() {
    let mut notes = ["a", "b"].map(|text| note(&Digest::of(text.as_bytes()).to_string()));
    notes.sort_by_key(Record::place);
    let document = written(&notes);
    let mut from = &*document;
    let mut reader = ExportReader::new(&mut from).unwrap();
    assert_eq!(reader.header(), &Header::of("name".to_owned(), true));
    for note in notes {
        assert_eq!(reader.next().unwrap(), Some(note));
    }
    assert_eq!(reader.next().unwrap(), None);
}

/// The form is a promise: documents of this version stay readable, and any change of it needs another number.
#[test]
fn the_form_is_what_it_was() {
    let image = ImageRecord {
        namespace: "default".to_owned(),
        id: Digest::of(b"{\"rootfs\":{}}\xff").to_string(),
        config: Content(b"{\"rootfs\":{}}\xff".to_vec()),
        layer_sizes: vec![1, 2],
        last_tagged: None,
    };
    let line = serde_json::to_string(&Record::Image(image)).unwrap();
    assert_eq!(
        line,
        "{\"image\":{\"namespace\":\"default\",\
         \"id\":\"sha256:fced1474da8fe04f5ee05e90fb7f65fe4cda64e55a8d5eb24b5d6fe5735cb43a\",\
         \"config\":{\"base64\":\"eyJyb290ZnMiOnt9ff8=\"},\"layer_sizes\":[1,2],\"last_tagged\":null}}"
    );
}

#[test]
fn what_no_import_would_take_is_not_written() {
    let mut document = Vec::new();
    let mut writer = ExportWriter::new(&mut document).unwrap();
    let error = writer.write(&note("sha256:abc")).unwrap_err().to_string();
    assert!(error.contains("note of manifest docker.io/library/app sha256:abc"), "{error}");
    assert!(error.contains("invalid checksum digest length") && error.contains("db check"), "{error}");
}
