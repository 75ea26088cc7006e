//! The `platform` parameter in its JSON form, and whether an image is for such a platform.

use serde_json::Value;

use crate::{error::Failure, translate::json};

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
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Failure::invalid(format!("failed to parse platform: {error}")))?;
        if !value.is_object() {
            return Err(Failure::invalid("failed to parse platform: it is not a JSON object"));
        }
        let member = |key| json::text(&value, key).to_owned();
        let choice =
            Self { os: member("os"), architecture: member("architecture"), variant: member("variant") };
        match (choice.os.is_empty(), choice.architecture.is_empty()) {
            (false, false) => Ok(Some(choice)),
            (true, true) if !choice.variant.is_empty() || !json::text(&value, "os.version").is_empty() => {
                Err(Failure::invalid(
                    "optional platform fields provided, but OS and Architecture are missing",
                ))
            }
            _ => Err(Failure::invalid("both OS and Architecture must be provided")),
        }
    }

    /// Fails if the image is for another platform. A variant that either side leaves open fits, and so does one that runs on the wanted one.
    pub(crate) fn check(&self, name: &str, config: &Value) -> Result<(), Failure> {
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

    fn written(&self) -> String {
        written(&self.os, &self.architecture, &self.variant)
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
        assert_eq!(
            choose(r#"{"variant":"v8"}"#),
            Err("optional platform fields provided, but OS and Architecture are missing".to_owned())
        );
        assert!(choose("linux/arm64").unwrap_err().starts_with("failed to parse platform: "));
    }

    #[test]
    fn an_image_of_another_platform_is_not_found() {
        let arm = choose(r#"{"os":"linux","architecture":"arm64"}"#).unwrap().unwrap();
        let config = |text: &str| serde_json::from_str::<Value>(text).unwrap();
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
