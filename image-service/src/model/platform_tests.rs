//! Vectors of the rules of containerd/platforms.

use super::*;

fn platform(text: &str) -> Platform {
    text.parse().unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn aliases_are_one_platform() {
    for (written, normal) in [
        ("linux/x86_64", "linux/amd64"),
        ("Linux/X86-64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/i386", "linux/386"),
        ("macos/arm64", "darwin/arm64"),
        ("linux", "linux/amd64"),
        ("windows", "windows/amd64"),
        ("arm64", "linux/arm64"),
        ("amd64", "linux/amd64"),
        ("aarch64", "linux/arm64"),
        ("armhf", "linux/arm/v7"),
        ("Windows(10.0.17763)/x86_64", "windows(10.0.17763)/amd64"),
        ("windows(10.0.17763)", "windows(10.0.17763)/amd64"),
    ] {
        assert_eq!(platform(written).to_string(), normal, "{written}");
    }
    assert_eq!(platform("windows(10.0.17763)/amd64").os_version(), "10.0.17763");
}

#[test]
fn what_is_no_platform_says_why() {
    for (text, why) in [
        ("a/b/c/d", r#""a/b/c/d": cannot parse platform specifier: invalid argument"#),
        ("nonsense", r#""nonsense": unknown operating system or architecture: invalid argument"#),
        ("linux/*", r#""linux/*": wildcards are not supported: invalid argument"#),
        ("", r#""": platform specifier component must match [A-Za-z0-9_.-]+: invalid argument"#),
        ("linux/", r#""linux/": platform specifier component must match [A-Za-z0-9_.-]+: invalid argument"#),
    ] {
        assert_eq!(text.parse::<Platform>().unwrap_err().to_string(), why);
    }
}

#[test]
fn candidates_come_best_first() {
    for (wanted, strict, others) in [
        ("linux/amd64", "amd64", "386"),
        ("linux/amd64/v3", "amd64/v3 amd64/v2 amd64", "386"),
        ("linux/arm/v7", "arm/v7 arm/v6 arm/v5", ""),
        ("linux/arm/v5", "arm/v5", ""),
        ("linux/arm64", "arm64", "arm/v8 arm/v7 arm/v6 arm/v5"),
        ("linux/arm64/v8.2", "arm64/v8.2 arm64/v8.1 arm64", "arm/v8 arm/v7 arm/v6 arm/v5"),
        (
            "linux/arm64/v9.1",
            "arm64/v9.1 arm64/v9 arm64/v8.6 arm64/v8.5 arm64/v8.4 arm64/v8.3 arm64/v8.2 arm64/v8.1 arm64",
            "arm/v8 arm/v7 arm/v6 arm/v5",
        ),
        ("linux/arm64/v99", "", ""),
        ("linux/arm64/weird", "", ""),
        ("linux/s390x", "s390x", ""),
    ] {
        let written = |other: bool| {
            let all = platform(wanted).candidates(other);
            all.iter().map(|p| p.to_string().replacen("linux/", "", 1)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(written(false), strict, "{wanted}");
        assert_eq!(written(true), format!("{strict} {others}").trim(), "{wanted} with other architectures");
    }
}

#[test]
fn windows_matches_by_build_and_not_by_revision() {
    let offered = |version: &str| Platform::from_parts("windows", "amd64", "", version);
    assert!(offered("10.0.17763").matches(&offered("10.0.17763.2114")));
    assert!(!offered("10.0.17763").matches(&offered("10.0.20348.1")));
    assert!(platform("windows/amd64").matches(&offered("10.0.20348.1")));
    let linux = |version: &str| Platform::from_parts("linux", "amd64", "", version);
    assert!(linux("1").matches(&linux("2")), "only Windows has builds");
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_platform_or_an_error(text in ".{0,40}") {
        if let Ok(platform) = text.parse::<Platform>() {
            assert_eq!(platform.to_string().parse::<Platform>().map(|p| p.to_string()), Ok(platform.to_string()));
            let _ = platform.candidates(true);
        }
    }
}
