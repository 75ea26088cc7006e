use super::*;

#[test]
fn names_of_secrets_are_known_in_every_spelling() {
    for name in [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "MYSQL_ROOT_PASSWD",
        "API_KEY",
        "apikey",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "GITHUB_TOKEN",
        "GITHUB_PAT",
        "npm_config__authToken",
        "SENTRY_DSN",
        "db.pass",
        "Ssh-Key",
        "SESSION_ID",
        "HTPASSWD",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in
        ["PATH", "LANG", "JAVA_HOME", "org.opencontainers.image.authors", "MONKEY", "KEYBOARD", "COMPASS"]
    {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn a_text_ends_for_us_where_a_secret_may_begin() {
    let redaction = Redaction::default();
    for (text, read) in [
        ("ENV DB_PASSWORD=a long phrase", "env"),
        ("|2 USER=me TOKEN=abc /bin/sh -c make", "2 user me"),
        ("run --password hunter2 now", "run"),
        ("run --env=API_KEY=hunter2", "run"),
        ("curl -u me:hunter2 example.com", "curl"),
        ("mysql -phunter2 shop", "mysql shop"),
        ("fetch https://me:hunter2@example.com/file now", "fetch now"),
        ("fetch https://example.com/file?token=hunter2&x=1", "fetch https example com file"),
        ("say ghp_0123456789abcdefghij twice", "say twice"),
        ("say wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY twice", "say twice"),
        ("RUN mkdir -p /usr/lib/python3/dist-packages", "run mkdir p usr lib python3 dist packages"),
    ] {
        assert_eq!(redaction.text(text).join(" "), read, "{text}");
    }
}

#[test]
fn the_value_of_a_secret_name_enters_nowhere_else_either() {
    let mut redaction = Redaction::default();
    redaction.learn("DB_PASSWORD", "Hunter2");
    redaction.learn("GREETING", "hello");
    assert_eq!(redaction.pair("DB_PASSWORD", "Hunter2"), ["db", "password"]);
    assert_eq!(redaction.pair("GREETING", "hello hunter2"), ["greeting", "hello"]);
    assert_eq!(redaction.text("serve --with hunter2 hello"), ["serve", "with", "hello"]);
}
