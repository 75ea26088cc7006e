//! What this server says it is: the one place with version numbers.
//!
//! 1.51 is the last API before the answers of `/events`, `/system/df` and inspect change shape; 1.24 is the oldest that has JSON errors
//! and clients that still exist.

use crate::api_version::ApiVersion;

/// The Docker engine whose answers are imitated.
pub const VERSION: &str = "28.5.2";
/// The newest API version, which unversioned requests mean too.
pub const API_MAX: ApiVersion = ApiVersion::new(1, 51);
/// The oldest API version.
pub const API_MIN: ApiVersion = ApiVersion::new(1, 24);

pub(crate) const API_MAX_TEXT: &str = "1.51";
pub(crate) const API_MIN_TEXT: &str = "1.24";
/// The `Server` header.
pub(crate) const SERVER: &str = "Docker/28.5.2 (linux)";
/// What `/info` and inspect call the storage.
pub(crate) const STORAGE: &str = "image-service";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_agree_with_numbers() {
        assert_eq!(API_MAX.to_string(), API_MAX_TEXT);
        assert_eq!(API_MIN.to_string(), API_MIN_TEXT);
        assert_eq!(SERVER, format!("Docker/{VERSION} (linux)"));
    }
}
