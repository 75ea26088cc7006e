use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn parse(instructions: &[&str]) -> Result<ImportChanges, ChangeError> {
    ImportChanges::parse(&instructions.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
}

fn refused(instructions: &[&str]) -> String {
    parse(instructions).unwrap_err().to_string()
}

fn config(instructions: &[&str]) -> Value {
    serde_json::to_value(parse(instructions).unwrap().0).unwrap()
}

fn imported(platform: &str, comment: &str, changes: &ImportChanges) -> String {
    let created = OffsetDateTime::parse("2026-11-20T22:53:33.5+01:00", &Rfc3339).unwrap();
    let (platform, diff_id) = (platform.parse().unwrap(), Digest::of(b""));
    let config = ImportedConfig { platform: &platform, created, comment, changes, diff_id: &diff_id };
    String::from_utf8(config.to_json().to_vec()).unwrap()
}

#[test]
fn what_needs_a_build_is_no_change_even_behind_one_that_is_wrong_otherwise() {
    assert_eq!(refused(&["RUN x"]), "run is not a valid change command");
    assert_eq!(refused(&["USER", "Copy a b"]), "copy is not a valid change command");
    assert_eq!(refused(&["Nonsense"]), "nonsense is not a valid change command");
    assert_eq!(refused(&["\\"]), " is not a valid change command");
}

#[test]
fn instructions_that_are_only_comments_are_a_mistake_and_no_instructions_are_none() {
    assert_eq!(refused(&["", "# nothing"]), "file with no instructions");
    assert_eq!(config(&[]), json!({}));
}

#[test]
fn changes_that_would_cost_much_are_refused() {
    assert_eq!(refused(&[&"#".repeat(40_000)]), "the changes have more than 32768 bytes");
    let lines = vec![""; 40_000];
    assert_eq!(refused(&lines), "the changes have more than 32768 bytes");
    let mut doubled = vec!["ENV a=xxxxxxxx"];
    doubled.extend(["ENV a=$a$a"; 40]);
    assert!(refused(&doubled).ends_with("variables stand for too much text"));
    assert_eq!(refused(&["EXPOSE 0-65535 0-65535/udp 1/sctp"]), "EXPOSE names more than 131072 ports");
    assert_eq!(refused(&[&"ONBUILD ".repeat(4000)]), ChangeError::ChainedOnbuild.to_string());
}

#[test]
fn a_check_has_a_command_and_flags_it_knows() {
    for (line, why) in [
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK --interval=5s", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK foo x", "Unknown type \"FOO\" in HEALTHCHECK (try CMD)"),
        ("HEALTHCHECK --x=1 CMD x", "Unknown flag: x"),
        ("HEALTHCHECK --timeout CMD x", "Missing a value on flag: timeout"),
        ("HEALTHCHECK --retries=1 --retries=1 CMD x", "Duplicate flag specified: retries"),
        ("HEALTHCHECK --timeout=-1s CMD x", "Interval \"timeout\" cannot be less than 1ms"),
        ("HEALTHCHECK --retries=-1 CMD x", "--retries must be at least 1 (not -1)"),
        ("HEALTHCHECK --retries=1x CMD x", "strconv.ParseInt: parsing \"1x\": invalid syntax"),
        (
            "HEALTHCHECK --retries=9999999999 CMD x",
            "strconv.ParseInt: parsing \"9999999999\": value out of range",
        ),
    ] {
        assert_eq!(refused(&[line]), why);
    }
}

#[test]
fn a_shell_is_an_array_and_holds_for_the_commands_behind_it() {
    assert_eq!(refused(&["SHELL"]), "SHELL requires at least one argument");
    assert_eq!(refused(&["SHELL bash -c"]), "SHELL requires the arguments to be in JSON form");
    assert_eq!(
        config(&["ENTRYPOINT a", r#"SHELL ["bash", "-c"]"#, "CMD b c"]),
        json!({ "Entrypoint": ["/bin/sh", "-c", "a"], "Shell": ["bash", "-c"], "Cmd": ["bash", "-c", "b c"] })
    );
}

#[test]
fn a_stop_signal_is_kept_as_it_is_written() {
    assert_eq!(refused(&["STOPSIGNAL"]), "STOPSIGNAL requires exactly one argument");
    assert_eq!(refused(&["STOPSIGNAL SIGFOO"]), "Invalid signal: SIGFOO");
    assert_eq!(config(&["ENV s=quit", "STOPSIGNAL $s"])["StopSignal"], "quit");
}

#[test]
fn an_import_writes_a_config_that_names_neither_an_engine_nor_a_container() {
    let changes = parse(&["ENV b=2 a=1", "CMD []", "EXPOSE 80", "LABEL x="]).unwrap();
    let id = Digest::of(b"");
    assert_eq!(
        imported("linux/arm/v7", "hi", &changes),
        [
            r#"{"architecture":"arm","comment":"hi","#,
            r#""config":{"ExposedPorts":{"80/tcp":{}},"Env":["b=2","a=1"],"Cmd":[],"Labels":{"x":""}},"#,
            r#""created":"2026-11-20T21:53:33.5Z","history":[{"created":"2026-11-20T21:53:33.5Z","comment":"hi"}],"#,
            &format!(r#""os":"linux","rootfs":{{"type":"layers","diff_ids":["{id}"]}},"variant":"v7"}}"#),
        ]
        .concat()
    );
}

#[test]
fn what_an_import_writes_can_be_read_again_at_its_largest() {
    let labels: Vec<_> = (0..6000).map(|n| format!("{n:x}=")).collect();
    let changes = parse(&[&format!("LABEL {}", labels.join(" "))]).unwrap();
    let config =
        super::super::ImageConfig::parse(imported("windows(10.0.17763)/amd64", "", &changes).as_bytes());
    let config = config.unwrap();
    assert_eq!(config.platform.to_string(), "windows(10.0.17763)/amd64");
    assert_eq!((config.labels.len(), config.diff_ids.len(), config.history.len()), (6000, 1, 1));
}

proptest! {
    #[test]
    fn whatever_a_client_writes_is_read_or_refused(
        lines in prop::collection::vec("(CMD|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|USER|VOLUME|WORKDIR) [ a=\\\\\"'$\\{\\}:?+/0-9\\[\\],é-]{0,20}", 0..4)
    ) {
        let _ = ImportChanges::parse(&lines);
    }
}
