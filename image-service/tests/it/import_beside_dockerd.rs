//! What changes make of an imported image, beside a real dockerd: the same config or the same refusal.

use std::io::Read;

use bytes::Bytes;
use fixtures::peers::{Dockerd, digest};
use http::{Method, Request, StatusCode};
use image_service::model::{ImportChanges, ImportedConfig, Platform};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::form_urlencoded::Serializer;

/// The smallest tar.
const EMPTY_TAR: [u8; 1024] = [0; 1024];

/// Each is the list of changes of one import.
const ACCEPTED: &[&[&str]] = &[
    &[],
    &["ENV A=b", r#"CMD ["sh"]"#],
    &["cMd echo hello  world ", "entrypoint [\"/bin/x\", \"-y\"] ignored"],
    &["ENTRYPOINT a", "CMD b"],
    &["CMD b", "ENTRYPOINT a"],
    &["CMD []", "ENTRYPOINT a"],
    &["CMD a", "CMD []", "ENTRYPOINT b"],
    &["CMD []"],
    &["CMD"],
    &["ENTRYPOINT a", "ENTRYPOINT []"],
    &["ENTRYPOINT a", "ENTRYPOINT"],
    &["CMD [a, b]", "ENTRYPOINT ['x']"],
    &[r#"CMD ["tab\t", "\u00e9", ""]"#],
    &["ENV a b c", "ENV d  \"e  f\"", "ENV g h='i'"],
    &[r#"ENV a="b c" d='$e' f=g\ h i="j\"k" l= m="""#],
    &["ENV a=1 b=$a", "ENV a=2 c=$a", "ENV b=${a}x"],
    &["ENV a=1", "ENV a=2 a=3", "ENV A=4"],
    &["ENV a=1 empty=", r#"ENV b=${a:-x} c=${n:-x} d=${empty:-x} e=${a:+y} f=${n:+y} g=${n:-${a:-z}}"#],
    &["ENV a=1", r#"ENV b='$a' c="$a" d=\$a e="\$a" f=$ g=$$a h="a\b" i=$a$a j=${a:?x}${a?y}"#],
    &["ENV k=name", "ENV $k=v ${k}2=w"],
    &["ENV a=1 \\\n  b=2 \\\n# comment\n\n  c=3", "\n  # comment\n", "USER x\nUSER y\r\n"],
    &["# escaped\\", "USER a\\\\", "WORKDIR /x\\ y"],
    &["ENV p=\"80 90/udp\"", "EXPOSE $p 443/TCP 1000-1003", "EXPOSE 80"],
    &["EXPOSE 8080:80 127.0.0.1:1:81/udp [::1]::82 9000-9001:83 1-2:91-92/sctp 84/ 5-6-7"],
    &["ENV a=b", "LABEL x=$a \"two words\"='$a' y=\"$a c\"", "LABEL x=2", "LABEL old form here"],
    &["LABEL a=b=c d.e/f=\"g\\\nh\""],
    &["WORKDIR a", "WORKDIR ../b/./c//d", "WORKDIR e/"],
    &["WORKDIR /a/../b/"],
    &["ENV d=sub", "WORKDIR /a", "WORKDIR $d/${d:+x}"],
    &["ENV u=1000", "USER $u:${g:-staff}"],
    &["ENV v=/data", "VOLUME $v /b  /c", r#"VOLUME ["/d e", "$v/f"]"#, "VOLUME [/g"],
    &["HEALTHCHECK NONE"],
    &["HEALTHCHECK --interval=5s none"],
    &["HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=2h --retries=3 CMD curl -f $x || exit 1"],
    &["HEALTHCHECK --timeout='500ms' cmd [\"a\", \"b c\"]", "USER x"],
    &["HEALTHCHECK --interval= --retries=+2 CMD\tx", "HEALTHCHECK --interval=1ms CMD y  z"],
    &["ONBUILD RUN  make $x  ", "onbuild copy --from=a b c", "ONBUILD NONSENSE x", "ONBUILD ENV"],
    &["USER -- --a"],
    &["  \tUSER\t a b"],
    &["USER \"\"", "LABEL $n=x"],
    &["USER ä\u{a0}ö ", "ENV ü='é' ß\\ =x", "LABEL a=\u{2003}b=c"],
    &["ENV a=b\\", "ENV c=\"d\\\"\"", "USER $@$*$-$1x$0", "CMD \\"],
];

const REFUSED: &[&[&str]] = &[
    &["RUN x"],
    &["FROM scratch"],
    &["NONSENSE"],
    &["ENV a", "RUN x"],
    &["USER", "RUN x"],
    &["USER ${", "EXPOSE"],
    &["\\"],
    &[""],
    &["# only", "\n"],
    &["CMD [1]"],
    &["VOLUME [null]"],
    &["ENV"],
    &["ENV a"],
    &["ENV =b"],
    &["ENV a=b c"],
    &["LABEL a"],
    &["LABEL a=\"b\" \"c\\\""],
    &["EXPOSE"],
    &["EXPOSE http 80"],
    &["EXPOSE 80/foo"],
    &["EXPOSE /tcp"],
    &["EXPOSE 5-3"],
    &["EXPOSE 65536"],
    &["EXPOSE a:1:80"],
    &["EXPOSE x:80"],
    &["EXPOSE 1-2:3-5"],
    &["EXPOSE \"80"],
    &["VOLUME"],
    &["VOLUME []"],
    &["VOLUME [\" \"]"],
    &["VOLUME $none"],
    &["WORKDIR"],
    &["WORKDIR $none"],
    &["USER"],
    &["USER --"],
    &["USER --x a"],
    &["USER ----x=1 a"],
    &["USER --x"],
    &["VOLUME --x"],
    &["ENV --x"],
    &["CMD --x"],
    &["ONBUILD --x FROM a"],
    &["USER ${a"],
    &["USER ${}"],
    &["USER ${a:*b}"],
    &["USER ${a:?no}"],
    &["USER ${a:-b"],
    &["USER 'a"],
    &["HEALTHCHECK"],
    &["HEALTHCHECK --interval=5s"],
    &["HEALTHCHECK CMD"],
    &["HEALTHCHECK CMD []"],
    &["HEALTHCHECK NONE x"],
    &["HEALTHCHECK foo x"],
    &["HEALTHCHECK --x=1 CMD x"],
    &["HEALTHCHECK --timeout CMD x"],
    &["HEALTHCHECK --timeout=1s --timeout=1s CMD x"],
    &["HEALTHCHECK --interval=5 CMD x"],
    &["HEALTHCHECK --interval=5d CMD x"],
    &["HEALTHCHECK --interval=x CMD x"],
    &["HEALTHCHECK --interval=9999999999h CMD x"],
    &["HEALTHCHECK --start-period=1us CMD x"],
    &["HEALTHCHECK --retries=x CMD x"],
    &["HEALTHCHECK --retries=0 CMD x"],
    &["HEALTHCHECK --retries=2147483648 CMD x"],
    &["ONBUILD"],
    &["ONBUILD ONBUILD RUN x"],
    &["ONBUILD FROM x"],
    &["ONBUILD ENV a"],
    &["ONBUILD --x RUN a"],
];

/// Engines after 20.10 take the first; no engine takes the second, though nothing speaks against it.
const ONLY_HERE: &[&[&str]] = &[&["STOPSIGNAL TERM"], &["SHELL [\"bash\"]"]];

/// Members of a config that speak of a container or of the engine.
const NOT_THE_IMAGES: [&str; 2] = ["container_config", "docker_version"];

fn ours(changes: &[&str]) -> Result<ImportChanges, String> {
    let changes: Vec<_> = changes.iter().map(|change| (*change).to_owned()).collect();
    ImportChanges::parse(&changes).map_err(|error| error.to_string())
}

/// The config of an image that dockerd imports, or its refusal.
async fn theirs(dockerd: &Dockerd, changes: &[&str]) -> Result<Value, String> {
    let mut query = Serializer::new(String::new());
    query.append_pair("fromSrc", "-").append_pair("message", "hi");
    query.extend_pairs(changes.iter().map(|change| ("changes", change)));
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1.41/images/create?{}", query.finish()))
        .header("Content-Type", "application/x-tar")
        .body(Bytes::from_static(&EMPTY_TAR))
        .unwrap();
    let answer = dockerd.engine().send(request).await;
    if answer.status != StatusCode::OK {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        return Err(answer.json()["message"].as_str().unwrap().to_owned());
    }
    let id = answer.json()["status"].as_str().unwrap().to_owned();
    let archive = dockerd.engine().get(&format!("/v1.41/images/{id}/get")).await.body;
    Ok(config_in(&archive, &format!("{}.json", id.trim_start_matches("sha256:"))))
}

fn config_in(archive: &[u8], path: &str) -> Value {
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().to_str() == Some(path) {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            return serde_json::from_str(&text).unwrap();
        }
    }
    panic!("the archive has no {path}");
}

/// Without what says nothing, which is how we leave it out.
fn without_noise(mut config: Value) -> Value {
    let members = config.as_object_mut().unwrap();
    members.retain(|name, _| !NOT_THE_IMAGES.contains(&name.as_str()));
    let inner = members["config"].as_object_mut().unwrap();
    inner.retain(|_, value| !value.is_null() && *value != json!("") && *value != json!(false));
    config
}

/// With what only the import itself could know taken from theirs.
fn ours_beside(changes: &ImportChanges, theirs: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let platform = Platform::from_parts(&text(&theirs["os"]), &text(&theirs["architecture"]), "", "");
    let config = ImportedConfig {
        platform: &platform,
        created: OffsetDateTime::parse(&text(&theirs["created"]), &Rfc3339).unwrap(),
        comment: "hi",
        changes,
        diff_id: &text(&theirs["rootfs"]["diff_ids"][0]).parse().unwrap(),
    };
    serde_json::from_slice(&config.to_json()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_refused_as_dockerd_refuses_them() {
    let dockerd = Dockerd::start().await;
    let mut different = Vec::new();
    for changes in REFUSED {
        let (theirs, ours) = (theirs(&dockerd, changes).await.map(drop), ours(changes).map(drop));
        if theirs != ours || ours.is_ok() {
            different.push(format!("{changes:?}\n  dockerd: {theirs:?}\n  ours:    {ours:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    for changes in ONLY_HERE {
        assert!(theirs(&dockerd, changes).await.is_err() && ours(changes).is_ok(), "{changes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_has_the_config_that_dockerd_gives_it() {
    let dockerd = Dockerd::start().await;
    let mut different = Vec::new();
    for changes in ACCEPTED {
        match (theirs(&dockerd, changes).await, ours(changes)) {
            (Ok(theirs), Ok(ours)) => {
                let (ours, theirs) = (ours_beside(&ours, &theirs), without_noise(theirs));
                if ours != theirs {
                    different.push(format!("{changes:?}\n  dockerd: {theirs}\n  ours:    {ours}"));
                }
            }
            (theirs, ours) => {
                let ours = ours.map(drop);
                different.push(format!("{changes:?}\n  dockerd: {theirs:?}\n  ours:    {ours:?}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert_eq!(digest(&EMPTY_TAR), theirs(&dockerd, &[]).await.unwrap()["rootfs"]["diff_ids"][0]);
}
