use super::*;
use crate::model::{Digest, Reference};

fn image(names: &[&str], config: &str) -> Image {
    let mut image = Image {
        id: Digest::of(config.as_bytes()),
        config: config.to_owned().into(),
        layer_sizes: vec![],
        tags: vec![],
        digests: vec![],
        last_tagged: None,
    };
    for name in names {
        let reference: Reference = name.parse().unwrap();
        match (reference.tag, reference.digest) {
            (Some(tag), _) => image.tags.push((reference.repository, tag)),
            (None, digest) => image.digests.push((reference.repository, digest.unwrap())),
        }
    }
    image
}

#[test]
fn a_document_has_a_line_for_everything_that_is_known() {
    let config = r#"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"]},
        "config":{"Env":["LANG=C.UTF-8","DB_PASSWORD=hunter2"],"Entrypoint":["/entry.sh"],"Cmd":["nginx","-g","daemon off"],
                  "ExposedPorts":{"80/tcp":{}},"User":"www-data","WorkingDir":"/srv/app","Labels":{"maintainer":"Web Team"}},
        "history":[{"created_by":"/bin/sh -c #(nop) ADD rootfs in /","comment":"buildkit.dockerfile.v0"}]}"#;
    let digest = format!("ghcr.io/team/web@{}", Digest::of(b""));
    let document = Document::of_image(&image(&["nginx:1.25-alpine", &digest], config));
    let expected = "names: nginx 1.25 alpine team web
labels: maintainer web team
command: entry sh nginx g daemon off
environment: lang c utf 8 db password
ports: 80 tcp
user: www data
working directory: srv app
history: add rootfs in dockerfile v0
layers: 5f70bf18a0860070";
    assert_eq!(document.text(), expected);
}

#[test]
fn a_config_with_members_of_the_wrong_type_still_gives_a_document() {
    for config in [r#"{"rootfs":{},"config":{"Env":7,"Cmd":"sh"}}"#, "no config"] {
        let document = Document::of_image(&image(&["app:1"], config));
        assert_eq!(document.text(), "names: app 1", "{config}");
    }
}

#[test]
fn a_document_is_no_longer_than_anyone_reads_whatever_the_config() {
    let variables: Vec<_> = (0..9_000).map(|n| format!("\"NAME{n}={}\"", "ä".repeat(30))).collect();
    let config = format!(r#"{{"rootfs":{{}},"config":{{"Env":[{}]}}}}"#, variables.join(","));
    let document = Document::of_image(&image(&["app:1"], &config));
    assert!(document.fields().all(|(_, words)| words.len() <= MOST_WORDS));
    assert!((MOST_TEXT - 4..=MOST_TEXT).contains(&document.text().len()));
}

#[test]
fn a_query_is_its_words() {
    assert_eq!(Document::of_query("  Postgres:16 ").unwrap().text(), "postgres 16");
    assert_eq!(Document::of_query(" -- "), None);
}
