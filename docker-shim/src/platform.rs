//! The `platform` parameter in its JSON form, and whether an image is for such a platform.

use std::fmt;

use serde_json::Value;

use crate::{
    error::Failure,
    query::Query,
    translate::json::{self, Json},
};

/// v9.0 of arm64 branched off v8.5, so v9.N runs what v8.(N+5) runs.
const V9_OVER_V8: u8 = 5;

/// A platform to choose an image by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PlatformChoice {
    os: String,
    architecture: String,
    variant: String,
}

impl PlatformChoice {
    /// Reads `{"os":"linux","architecture":"arm64","variant":"v8"}`; an empty text chooses nothing.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, Failure> {
        if text.is_empty() {
            return Ok(None);
        }
        let value: Value = serde_json::from_str(text).map_err(unparsed)?;
        let Value::Object(object) = value else { return Err(unparsed("it is not a JSON object")) };
        let mut choice = Self { os: String::new(), architecture: String::new(), variant: String::new() };
        let mut more = false;
        for (key, value) in object {
            match key.to_ascii_lowercase().as_str() {
                "os" => choice.os = text_of(&key, value)?,
                "architecture" => choice.architecture = text_of(&key, value)?,
                "variant" => choice.variant = text_of(&key, value)?,
                "os.version" => more |= !text_of(&key, value)?.is_empty(),
                "os.features" => more |= has_texts(&key, value)?,
                _ => {}
            }
        }
        match (choice.os.is_empty(), choice.architecture.is_empty()) {
            (false, false) => Ok(Some(choice)),
            (true, true) if more || !choice.variant.is_empty() => Err(Failure::invalid(
                "optional platform fields provided, but OS and Architecture are missing",
            )),
            _ => Err(Failure::invalid("both OS and Architecture must be provided")),
        }
    }

    /// The platform of a request, which may name one at most.
    pub(crate) fn only(query: &Query<'_>) -> Result<Option<Self>, Failure> {
        if query.texts("platform").count() > 1 {
            return Err(Failure::invalid("multiple platform parameters not supported"));
        }
        Self::parse(query.text("platform"))
    }

    /// Fails if the image is for another platform. A variant that either side leaves open fits, and so does one that runs on the wanted one.
    pub(crate) fn check(&self, name: &str, config: &Json<'_>) -> Result<(), Failure> {
        let [os, architecture, variant] =
            ["os", "architecture", "variant"].map(|key| json::text(config, key));
        if os == self.os && architecture == self.architecture && runs_on(architecture, variant, &self.variant)
        {
            return Ok(());
        }
        let (found, wanted) = (written(os, architecture, variant), self.written());
        Err(Failure::not_found(format!(
            "image with reference {name} was found but its platform ({found}) does not match the specified platform ({wanted})"
        )))
    }

    /// "os/architecture" or "os/architecture/variant".
    pub(crate) fn written(&self) -> String {
        written(&self.os, &self.architecture, &self.variant)
    }
}

fn unparsed(what: impl fmt::Display) -> Failure {
    Failure::invalid(format!("failed to parse platform: {what}"))
}

/// Null is no text, as in Go.
fn text_of(key: &str, value: Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        _ => Err(unparsed(format_args!("{key} is not a text"))),
    }
}

fn has_texts(key: &str, value: Value) -> Result<bool, Failure> {
    match value {
        Value::Array(texts) if texts.iter().all(|text| text.is_string() || text.is_null()) => {
            Ok(!texts.is_empty())
        }
        Value::Null => Ok(false),
        _ => Err(unparsed(format_args!("{key} is not a list of texts"))),
    }
}

/// Whether a processor of the wanted variant runs the found one, as a pull for that variant takes either.
fn runs_on(architecture: &str, found: &str, wanted: &str) -> bool {
    if found.is_empty() || wanted.is_empty() || found == wanted {
        return true;
    }
    let (Some(found), Some(wanted)) = (level(found), level(wanted)) else { return false };
    match (architecture, wanted) {
        ("arm", _) => ((5, 0)..=wanted).contains(&found),
        ("amd64", _) => ((1, 0)..=wanted).contains(&found),
        ("arm64", (9, minor)) if found.0 == 8 => found.1 <= minor.saturating_add(V9_OVER_V8),
        ("arm64", _) => ((8, 0)..=wanted).contains(&found),
        _ => false,
    }
}

/// `v8` and `v8.2` as numbers that can be compared.
fn level(variant: &str) -> Option<(u8, u8)> {
    let digits = variant.strip_prefix('v')?;
    let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn written(os: &str, architecture: &str, variant: &str) -> String {
    let parts = [os, architecture, variant];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Option<PlatformChoice>, String> {
        PlatformChoice::parse(text).map_err(|failure| failure.message.into_owned())
    }

    #[test]
    fn both_os_and_architecture_are_needed() {
        assert_eq!(choose(""), Ok(None));
        assert!(choose(r#"{"os":"linux","architecture":"arm64"}"#).unwrap().is_some());
        assert_eq!(choose(r#"{"os":"linux"}"#), Err("both OS and Architecture must be provided".to_owned()));
        for optional in [r#"{"variant":"v8"}"#, r#"{"os.version":"10.0"}"#, r#"{"os.features":["win32k"]}"#] {
            assert_eq!(
                choose(optional),
                Err("optional platform fields provided, but OS and Architecture are missing".to_owned())
            );
        }
        assert!(choose("linux/arm64").unwrap_err().starts_with("failed to parse platform: "));
    }

    #[test]
    fn members_are_read_as_go_reads_them() {
        let usual = choose(r#"{"os":"linux","architecture":"arm64"}"#);
        assert_eq!(choose(r#"{"OS":"linux","Architecture":"arm64","Variant":null,"os.features":[]}"#), usual);
        for odd in
            [r#"{"os":1,"architecture":"arm64"}"#, r#"{"os":"linux","os.features":"x"}"#, r#"{"variant":{}}"#]
        {
            assert!(choose(odd).unwrap_err().starts_with("failed to parse platform: "), "{odd}");
        }
    }

    #[test]
    fn an_image_of_another_platform_is_not_found() {
        let arm = choose(r#"{"os":"linux","architecture":"arm64"}"#).unwrap().unwrap();
        let config = |text| serde_json::from_str::<Json<'_>>(text).unwrap();
        assert_eq!(
            arm.check("x", &config(r#"{"os":"linux","architecture":"arm64","variant":"v8"}"#)),
            Ok(())
        );
        let failure = arm.check("x:1", &config(r#"{"os":"linux","architecture":"amd64"}"#)).unwrap_err();
        assert_eq!(failure.status, 404);
        assert_eq!(
            failure.message,
            "image with reference x:1 was found but its platform (linux/amd64) does not match the specified platform (linux/arm64)"
        );
    }

    #[test]
    fn an_image_fits_every_platform_that_runs_it() {
        let fits = |architecture: &str, wanted: &str, found: &str| {
            let text = |variant| {
                format!(r#"{{"os":"linux","architecture":"{architecture}","variant":"{variant}"}}"#)
            };
            let choice = choose(&text(wanted)).unwrap().unwrap();
            choice.check("x", &serde_json::from_str(&text(found)).unwrap()).is_ok()
        };
        for (architecture, wanted, found) in [
            ("arm", "v7", "v6"),
            ("arm", "v7", "v5"),
            ("arm", "v6", ""),
            ("arm", "", "v6"),
            ("amd64", "v3", "v1"),
            ("arm64", "v8", ""),
            ("arm64", "v8.2", "v8"),
            ("arm64", "v9", "v8.5"),
            ("riscv64", "x", "x"),
        ] {
            assert!(fits(architecture, wanted, found), "{architecture} {wanted} {found}");
        }
        for (architecture, wanted, found) in [
            ("arm", "v6", "v7"),
            ("arm", "v7", "v8"),
            ("arm", "v7", "v4"),
            ("amd64", "v1", "v2"),
            ("arm64", "v8", "v8.1"),
            ("arm64", "v9", "v8.6"),
            ("riscv64", "x", "y"),
        ] {
            assert!(!fits(architecture, wanted, found), "{architecture} {wanted} {found}");
        }
    }
}
