//! Who and where in AWS: account IDs and Regions. Either becomes a part of host names, so neither is taken unread.

use std::{fmt, str::FromStr};

/// An AWS account: 12 digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountId(Box<str>);

/// An AWS Region: lower-case letters, digits and hyphens, as `eu-central-1`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Region(Box<str>);

/// Not an account ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an AWS account ID has 12 digits")]
pub struct AccountIdError;

/// Not a Region.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an AWS Region looks like eu-central-1")]
pub struct RegionError;

/// The longest that exist have 16 characters.
const LONGEST_REGION: usize = 32;

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, AccountIdError> {
        match text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            true => Ok(Self(text.into())),
            false => Err(AccountIdError),
        }
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, RegionError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let ends = [text.bytes().next(), text.bytes().last()];
        let valid = text.len() <= LONGEST_REGION
            && ends.into_iter().all(|end| end.is_some_and(plain))
            && text.bytes().all(|b| plain(b) || b == b'-');
        if valid { Ok(Self(text.into())) } else { Err(RegionError) }
    }
}

impl AccountId {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Region {
    /// Where ECR Public issues its tokens and takes its calls, and nowhere else.
    #[must_use]
    pub fn of_public_registries() -> Self {
        Self("us-east-1".into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_a_host_name_is_no_region_and_no_account() {
        for text in
            ["", "evil.example/", "us-east-1.evil", "us-east-1#", "-us", "us-", "US-EAST-1", "a@b", "é"]
        {
            assert_eq!(text.parse::<Region>(), Err(RegionError), "{text}");
        }
        for text in ["", "12345678901", "1234567890123", "12345678901x", "١٢٣٤٥٦"] {
            assert_eq!(text.parse::<AccountId>(), Err(AccountIdError), "{text}");
        }
    }

    #[test]
    fn regions_and_accounts_are_kept_as_they_are_written() {
        assert_eq!(
            "us-gov-west-1".parse::<Region>().map(|region| region.to_string()).as_deref(),
            Ok("us-gov-west-1")
        );
        assert_eq!(
            "012345678901".parse::<AccountId>().map(|id| id.to_string()).as_deref(),
            Ok("012345678901")
        );
    }
}
