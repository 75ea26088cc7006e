use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt, path::PathBuf};

use super::*;

/// What is told of a file named `config.toml`, of variables and of flags.
fn told(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let (_folder, sources) = sources(text.as_bytes(), variables, &[]);
    sources.mistakes(|_| Vec::new()).iter().map(short).collect()
}

fn sources(
    text: &[u8],
    variables: &[(&str, &str)],
    flags: &[(&'static str, &'static str, &str)],
) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, text).unwrap();
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let flags = flags.iter().map(|(name, key, value)| Flag { name, key, value: (*value).to_owned() });
    let sources = Sources::gather(Some(&file), variables, flags);
    (folder, sources)
}

/// Without the folder.
fn short(mistake: &Mistake) -> String {
    let text = mistake.to_string();
    text.split_once("config.toml:").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

fn config(text: &str, variables: &[(&str, &str)]) -> Config {
    sources(text.as_bytes(), variables, &[]).1.config().unwrap()
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "\
lissten = 'x'
[pull]
platform = 'a/b/c/d'
  tag_ttl_seconds = 99999999999
other_architectures = 'no'
access_ttl_seconds = -1
[log]
format = 'jsn'
[tls]
certificate = 5
[staging]
uploads = 300
spool_bytes = 0
[registries.'a b']
[registries.'h']
endpoint = 'ftp://h'
endpont = 'http://h'
mirrors = ['m', 7]
";
    assert_eq!(
        told(text, &[]),
        [
            "1:1: lissten: unknown key: did you mean listen?",
            "3:1: pull.platform: \"a/b/c/d\": cannot parse platform specifier: invalid argument",
            "4:3: pull.tag_ttl_seconds: 99999999999 seconds are more than 86400, a day",
            "5:1: pull.other_architectures: expected true or false, found a text",
            "6:1: pull.access_ttl_seconds: -1 is not a whole number, 0 or more",
            "8:1: log.format: \"jsn\" is not possible: did you mean json?",
            "9:2: tls: key is missing, and this table needs it",
            "10:1: tls.certificate: expected a path in quotes, found a whole number",
            "12:1: staging.uploads: 300 is not a whole number from 0 to 255",
            "13:1: staging.spool_bytes: 0 is not a whole number, 1 or more",
            "14:13: registries.\"a b\": not a registry host: write HOST or HOST:PORT",
            "16:1: registries.h.endpoint: endpoint or mirror \"ftp://h\" is not [http[s]://]HOST[:PORT]",
            "17:1: registries.h.endpont: unknown key: did you mean endpoint?",
            "18:17: registries.h.mirrors[1]: expected a text in quotes, found a whole number",
        ]
    );
}

#[test]
fn a_table_of_one_of_several_kinds_is_told_of_at_the_key_that_is_wrong() {
    let auth = |keys: &str| told(&format!("[ecr.auth]\n{keys}"), &[]);
    assert_eq!(
        auth("kind = 'statik'\nacess = 1"),
        ["2:1: ecr.auth.kind: \"statik\" is not possible: did you mean static?"]
    );
    assert_eq!(
        auth("kind = 'static'\naccess_key_id = 'A'\nsesion_token = 'c'"),
        [
            "1:6: ecr.auth: secret_access_key is missing, and this table needs it",
            "4:1: ecr.auth.sesion_token: unknown key: did you mean session_token?",
        ]
    );
    assert_eq!(auth("access_key_id = 'A'").len(), 1);
}

#[test]
fn a_key_of_another_table_is_told_where_it_belongs() {
    assert_eq!(
        told("[log]\ndata_dir = '/d'\n[pull]\nspool_bytes = 1", &[]),
        [
            "2:1: log.data_dir: unknown key: it belongs to the top of the file, before the first [table]",
            "4:1: pull.spool_bytes: unknown key: it belongs to [staging]",
        ]
    );
}

#[test]
fn the_environment_lies_over_the_file_and_flags_over_both() {
    let text = "data_dir = '/file'\nlisten = 'unix:///file'\n[pull]\naccess_ttl_seconds = 1\n";
    let variables = [
        ("IMAGE_SERVICE_DATA_DIR", "/variable"),
        ("IMAGE_SERVICE_LISTEN", "unix:///variable"),
        ("IMAGE_SERVICE_PULL__TAG_TTL_SECONDS", "60"),
        ("IMAGE_SERVICE_SIMILARITY__ENABLED", "true"),
        ("IMAGE_SERVICE_DATABASE_URL", "postgres://db/images"),
        ("IMAGE_SERVICE_LOG__FILTER", ""),
        ("OTHER_PULL__TAG_TTL_SECONDS", "61"),
    ];
    let (_folder, sources) = sources(text.as_bytes(), &variables, &[("--listen", "listen", "127.0.0.1:1")]);
    let config = sources.config().unwrap();
    assert_eq!(config.data_dir, Some(PathBuf::from("/variable")));
    assert_eq!(config.listen.unwrap().to_string(), "127.0.0.1:1");
    assert_eq!((config.pull.access_ttl.as_secs(), config.pull.tag_ttl.as_secs()), (1, 60));
    assert!(config.similarity.enabled && config.database.url.is_some());
    assert_eq!(config.log.filter, "info", "an empty variable is none");
}

#[test]
fn variables_become_what_is_asked_for() {
    let config = config(
        "[registries.h]\n",
        &[
            ("IMAGE_SERVICE_REGISTRIES__H__MIRRORS", "['https://a', \"b:5000\"]"),
            ("IMAGE_SERVICE_ECR__AUTH__KIND", "assume-role"),
            ("IMAGE_SERVICE_ECR__AUTH__ROLE_ARN", "arn:aws:iam::123456789012:role/r"),
            ("IMAGE_SERVICE_ECR__AUTH__EXTERNAL_ID", "12345"),
            ("IMAGE_SERVICE_ECR__ACCOUNTS__210987654321__READ_ONLY", "true"),
            ("IMAGE_SERVICE_LOG__FORMAT", "json"),
        ],
    );
    assert_eq!(config.registries.values().next().unwrap().mirrors.len(), 2);
    assert!(matches!(config.ecr.auth, crate::config::AuthConfig::AssumeRole { external_id: Some(_), .. }));
    assert!(config.ecr.accounts.values().all(|account| account.read_only));
    assert_eq!(config.log.format, telemetry::logs::LogFormat::Json);
}

#[test]
fn mistakes_outside_of_the_file_name_the_variable_or_the_flag() {
    let variables = [
        ("IMAGE_SERVICE_PULL__TAG_TTL_SECONDS", "ten"),
        ("IMAGE_SERVICE_PULL__TAG_TL_SECONDS", "10"),
        ("IMAGE_SERVICE_LISTN", "x"),
        ("IMAGE_SERVICE_LOG", "debug"),
        ("IMAGE_SERVICE_REGISTRIES__H__MIRRORS", "['m', 7]"),
        // What Kubernetes sets for a service named image-service.
        ("IMAGE_SERVICE_PORT", "tcp://10.0.0.1:7100"),
        ("IMAGE_SERVICE_SERVICE_HOST", "10.0.0.1"),
        // What an operator may give to this service by any name.
        ("IMAGE_SERVICE_CREDENTIALS_KEY", "0123"),
        ("IMAGE_SERVICE_CONFIG", "/etc/image-service/config.toml"),
    ];
    let (_folder, sources) = sources(b"", &variables, &[("--listen", "listen", "nowhere")]);
    let mut told: Vec<_> = sources.mistakes(|_| Vec::new()).iter().map(ToString::to_string).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "--listen: listen: \"nowhere\" is neither unix:///PATH nor HOST:PORT",
            "IMAGE_SERVICE_LISTN: listn: unknown key: did you mean listen?",
            "IMAGE_SERVICE_LOG: log: expected a table, found a text",
            "IMAGE_SERVICE_PULL__TAG_TL_SECONDS: pull.tag_tl_seconds: unknown key: did you mean tag_ttl_seconds?",
            "IMAGE_SERVICE_PULL__TAG_TTL_SECONDS: pull.tag_ttl_seconds: expected a whole number, 0 or more, found a text",
            "IMAGE_SERVICE_REGISTRIES__H__MIRRORS: registries.h.mirrors: expected a text in quotes, found a whole number",
        ]
    );
}

#[test]
fn what_is_checked_later_gets_the_place_of_its_key_and_is_not_told_twice() {
    let text = "[ecr]\nendpoint_url = 'x'\nregion = 5\n[log]\nfilter = '/etc/a'\n";
    let (_folder, sources) = sources(text.as_bytes(), &[], &[]);
    let later = |_: &Config| {
        ["ecr.endpoint_url \"x\" is none", "ecr.region is missing", "cannot read /etc/a", "no place"]
            .map(String::from)
            .to_vec()
    };
    let told: Vec<_> = sources.mistakes(later).iter().map(short).collect();
    assert_eq!(
        told,
        [
            "3:1: ecr.region: expected a text in quotes, found a whole number",
            "2:1: ecr.endpoint_url \"x\" is none",
            "5:1: log.filter: cannot read /etc/a",
            "no place",
        ]
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_places_and_what_can_be_read_of_it_too() {
    let said = told("data_dir = \n[pull]\ntag_ttl_seconds = 'x'\n[log\nfilter = \"a\nlisten == 5\n", &[]);
    assert!(said.len() >= 3, "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("1:")), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("3:1: pull.tag_ttl_seconds")), "{said:#?}");
}

#[test]
fn odd_files_are_refused_with_a_reason() {
    let one = |bytes: &[u8]| {
        let (_folder, sources) = sources(bytes, &[], &[]);
        sources.mistakes(|_| Vec::new()).iter().map(short).collect::<Vec<_>>().join("\n")
    };
    assert!(one(b"a = 1\n\xff\xfe").starts_with("2:1: not UTF-8"), "{}", one(b"a = 1\n\xff\xfe"));
    assert!(one(b"\x7fELF\0\0").starts_with("1:"));
    assert!(one(&b"# \n".repeat(100_000)).contains("longer than"));
    let twice = one(b"[log]\nfilter = 'a'\nfilter = 'b'\n");
    assert!(twice.starts_with("3:1: ") && twice.contains("duplicate"), "{twice}");
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(!one(deep.as_bytes()).is_empty());
    let many = (0..5000).map(|n| format!("k{n} = 1\n")).collect::<String>();
    assert_eq!(one(many.as_bytes()).lines().count(), 100);
    assert_eq!(one(b"\xef\xbb\xbf# with a mark of its byte order\r\n[log]\r\nfilter = 'a'\r\n"), "");
}

#[test]
fn a_file_that_is_not_there_is_a_mistake_like_others() {
    let missing = Sources::gather(
        Some("/no/such/file".as_ref()),
        [(OsString::from("IMAGE_SERVICE_LISTEN"), OsString::from_vec(vec![0xff]))],
        [],
    );
    let told: Vec<_> = missing.mistakes(|_| Vec::new()).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "/no/such/file: cannot be read: No such file or directory (os error 2)",
            "IMAGE_SERVICE_LISTEN: not UTF-8, as every value has to be",
        ]
    );
}

#[test]
fn a_mistake_does_not_repeat_what_may_be_a_secret() {
    let text = "[database]\nurl = 123456\n[ecr.auth]\nkind = 'static'\naccess_key_id = 77441\nsecret_access_key = ['hunter2']\n[credentials]\nkey_file = 99887\n";
    let said = told(text, &[("IMAGE_SERVICE_DATABASE__CONNECTIONS", "hunter3")]).join("\n");
    for secret in ["123456", "77441", "hunter2", "99887", "hunter3"] {
        assert!(!said.contains(secret), "{said}");
    }
}

const SECRETIVE: &str = r#"
listen = "unix:///run/i.sock"
[database]
url = "postgres://images:hunter2@db/images?sslmode=require"
[ecr.auth]
kind = "static"
access_key_id = "AKID1"
secret_access_key = "s3cret"
[similarity]
enabled = true
embedder = "http"
endpoint = "https://embeddings.example.com/v1/embeddings"
model = "m"
dimensions = 64
[registries."ghcr.io"]
mirrors = ["https://mirror.example"]
token_hosts = ["tokens.example"]
"#;

#[test]
fn what_is_printed_says_where_every_value_is_from_and_no_secret() {
    let variables =
        [("IMAGE_SERVICE_PULL__TAG_TTL_SECONDS", "60"), ("IMAGE_SERVICE_ECR__AUTH__SESSION_TOKEN", "t0ken")];
    let (_folder, sources) = sources(SECRETIVE.as_bytes(), &variables, &[("--data-dir", "data_dir", "/d")]);
    let printed = sources.print().unwrap();
    for line in [
        "data_dir = \"/d\" # --data-dir",
        "tag_ttl_seconds = 60 # IMAGE_SERVICE_PULL__TAG_TTL_SECONDS",
        "access_ttl_seconds = 300 # default",
        "url = \"postgres://masked@db/images?sslmode=require\" # ",
        "secret_access_key = \"masked\" # ",
        "session_token = \"masked\" # IMAGE_SERVICE_ECR__AUTH__SESSION_TOKEN",
        "endpoint = \"https://embeddings.example.com/v1/embeddings\" # ",
        "[registries.\"ghcr.io\"]",
        "token_hosts = [\"tokens.example\"] # ",
        "config.toml:2:1",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
    for secret in ["hunter2", "AKID1", "s3cret", "t0ken"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn what_is_printed_is_the_same_configuration_again() {
    let variables =
        [("IMAGE_SERVICE_PULL__TAG_TTL_SECONDS", "60"), ("IMAGE_SERVICE_REGISTRIES__H__PLAIN_HTTP", "true")];
    let (_folder, first) = sources(SECRETIVE.as_bytes(), &variables, &[]);
    let printed = first.print().unwrap();
    let again = config(&printed, &[]);
    assert_eq!(format!("{again:?}"), format!("{:?}", first.config().unwrap()), "{printed}");
}

#[test]
fn the_example_says_the_defaults() {
    let example = config(include_str!("../../../../deploy/config.toml"), &[]);
    assert_eq!(format!("{example:#?}"), format!("{:#?}", Config::default()));
}

proptest::proptest! {
    #[test]
    fn no_file_stops_the_reader(text in "([a-z\\[\\]\\.\"'=# \n0-9]|pull|ecr|auth|kind|listen|registries){0,80}") {
        let (root, _) = file::parse(&text);
        reading::Reading::new(root, None).finish::<Config>();
    }
}
