//! The table of Docker's reference grammar: input, then canonical form or error.

use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What is expected of an input. `{hex}` stands for 64 hexadecimal digits.
enum Expected {
    Is(&'static str),
    Format,
    Uppercase,
    Digest(DigestError),
    LooksLikeId,
}

use Expected::{Format, Is, LooksLikeId, Uppercase};

/// A pull's reading: with `latest` where nothing is written.
fn check(input: &str, expected: &Expected) {
    let input = input.replace("{hex}", HEX);
    let parsed = input.parse::<Reference>().map(Reference::or_latest);
    let fits = match (expected, &parsed) {
        (Is(canonical), Ok(reference)) => reference.to_string() == canonical.replace("{hex}", HEX),
        (Format, Err(ReferenceError::Format))
        | (Uppercase, Err(ReferenceError::Uppercase(_)))
        | (LooksLikeId, Err(ReferenceError::LooksLikeId(_))) => true,
        (Expected::Digest(why), Err(ReferenceError::Digest(found))) => why == found,
        _ => false,
    };
    assert!(fits, "{input:?} is {parsed:?}");
}

#[test]
fn a_name_is_completed_as_docker_completes_it() {
    for (input, canonical) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("library/nginx", "docker.io/library/nginx:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("registry-1.docker.io/library/nginx", "registry-1.docker.io/library/nginx:latest"),
        ("registry-1.docker.io/nginx", "registry-1.docker.io/nginx:latest"),
        ("foo/bar", "docker.io/foo/bar:latest"),
        ("foo/bar/baz", "docker.io/foo/bar/baz:latest"),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b:t",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b:t",
        ),
        ("lowercase:Uppercase", "docker.io/library/lowercase:Uppercase"),
    ] {
        check(input, &Is(canonical));
    }
}

#[test]
fn the_first_segment_is_a_host_only_if_it_looks_like_one() {
    for (input, expected) in [
        ("localhost", Is("docker.io/library/localhost:latest")),
        ("localhost:5000", Is("docker.io/library/localhost:5000")),
        ("localhost/app", Is("localhost/app:latest")),
        ("localhost:5000/app", Is("localhost:5000/app:latest")),
        ("LOCALHOST/app", Is("LOCALHOST/app:latest")),
        ("test.com", Is("docker.io/library/test.com:latest")),
        ("test.com:5000", Is("docker.io/library/test.com:5000")),
        ("test:5000/repo", Is("test:5000/repo:latest")),
        ("test_com/foo", Is("docker.io/test_com/foo:latest")),
        ("foo_bar.com:8080", Is("docker.io/library/foo_bar.com:8080")),
        ("foo_bar.com:8080/app", Format),
        ("192.168.0.1", Is("docker.io/library/192.168.0.1:latest")),
        ("192.168.1.1:5000/repo:5050", Is("192.168.1.1:5000/repo:5050")),
        ("[::1]:5000/repo", Is("[::1]:5000/repo:latest")),
        ("[2001:db8::1]/repo", Is("[2001:db8::1]/repo:latest")),
        ("[2001:db8::1]:5000", Format),
        ("[fe80::1%eth0]:5000/repo", Format),
        ("[2001:db8:3:4::192.0.2.33]:5000/debian", Format),
        ("fc00::1:5000/debian", Format),
        ("foo.com:http/bar", Format),
        ("foo.com:750050/bar", Is("foo.com:750050/bar:latest")),
        ("Foo/bar", Is("Foo/bar:latest")),
        ("xn--n3h.com:18080/foo", Is("xn--n3h.com:18080/foo:latest")),
    ] {
        check(input, &expected);
    }
}

#[test]
fn a_path_follows_the_grammar_of_components() {
    for (input, expected) in [
        ("Foo/FarB", Uppercase),
        ("docker/Docker", Uppercase),
        ("Uppercase:tag", Uppercase),
        ("docker---rules/docker", Is("docker.io/docker---rules/docker:latest")),
        ("dock__er/x", Is("docker.io/dock__er/x:latest")),
        ("dock___er/x", Format),
        ("dock_.er/x", Format),
        ("docker.io//x", Format),
        ("a//a/a", Format),
        ("docker/", Format),
        ("foo.com/", Format),
        ("-foo", Format),
        ("foo/bar-", Format),
        ("_foo/bar", Format),
        ("foo./bar", Format),
        ("dock..er/x", Format),
        ("https://github.com/docker/docker", Format),
        ("unknown://repo:tag", Format),
        ("white space", Format),
    ] {
        check(input, &expected);
    }
}

#[test]
fn a_tag_and_a_digest_are_both_kept_and_each_is_checked() {
    for (input, expected) in [
        ("repo:tag@sha256:{hex}", Is("docker.io/library/repo:tag@sha256:{hex}")),
        ("repo@sha256:{hex}", Is("docker.io/library/repo@sha256:{hex}")),
        ("repo@sha512:{hex}{hex}", Is("docker.io/library/repo@sha512:{hex}{hex}")),
        ("repo@md5:0123456789abcdef0123456789abcdef", Expected::Digest(DigestError::Algorithm)),
        ("repo@invalid:{hex}", Expected::Digest(DigestError::Algorithm)),
        ("repo@sha256:0123456789abcdef0123456789abcdef01", Expected::Digest(DigestError::Length)),
        ("@sha256:{hex}", Format),
        (":tag", Format),
        ("alpine:", Format),
        ("alpine@", Format),
        ("", Format),
        ("repo:tag ", Format),
        ("repo:täg", Format),
    ] {
        check(input, &expected);
    }
    check(&format!("repo@sha256:{}", &HEX[1..]), &Expected::Digest(DigestError::Length));
}

#[test]
fn a_digest_in_upper_case_is_none() {
    let upper = format!("repo@sha256:{}", HEX.to_uppercase());
    assert!(upper.parse::<Reference>().is_err());
}

#[test]
fn an_image_id_is_no_name_and_its_beginning_is_one() {
    check("{hex}", &LooksLikeId);
    check("docker.io/{hex}", &Is("docker.io/library/{hex}:latest"));
    check("dbcc1", &Is("docker.io/library/dbcc1:latest"));
    let short = &HEX[1..];
    assert_eq!(short.parse::<Reference>().unwrap().repository.path(), format!("library/{short}"));
}

#[test]
fn lengths_count_what_was_added_and_not_the_host() {
    let path =
        |length: usize| format!("host.example/{}", "a/".repeat(length / 2) + &"a".repeat(length % 2 + 1));
    let added = |length: usize| "a".repeat(length - OFFICIAL.len());
    for (fine, long) in [(path(254), path(256)), (added(255), added(256))] {
        assert!(fine.parse::<Reference>().is_ok(), "{} of {fine}", fine.len());
        assert_eq!(long.parse::<Reference>(), Err(ReferenceError::TooLong), "{}", long.len());
    }
    assert!(format!("repo:{}", "t".repeat(128)).parse::<Reference>().is_ok());
    assert_eq!(format!("repo:{}", "t".repeat(129)).parse::<Reference>(), Err(ReferenceError::Format));
}

#[test]
fn docker_shows_the_shortest_form() {
    for (input, familiar) in [
        ("docker.io/library/nginx:1", "nginx:1"),
        ("docker.io/team/app", "team/app"),
        ("library/a/b", "library/a/b"),
        ("ghcr.io/team/app:x", "ghcr.io/team/app:x"),
    ] {
        assert_eq!(input.parse::<Reference>().unwrap().familiar(), familiar);
    }
}

proptest::proptest! {
    #[test]
    fn whatever_parses_prints_as_something_that_parses_to_the_same(text in "[a-zA-Z0-9._:/@\\[\\]-]{0,60}") {
        if let Ok(reference) = text.parse::<Reference>() {
            assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
        }
    }

    #[test]
    fn no_text_can_hurt(text in ".{0,80}") {
        let _ = text.parse::<Reference>();
    }
}
