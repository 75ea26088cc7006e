//! Scans: what they come to, and how far one is.
//!
//! Invariant: pure; the same row, image and time give the same report.

mod outcome;
mod report;

pub use outcome::{ScanOutcome, ScanStatus};
pub(crate) use report::{Report, Results, report};

/// Which generation of basic scanning a registry has, unless an account setting says so.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum BasicScanVersion {
    /// Results are told by `DescribeImageScanFindings` alone.
    #[default]
    AwsNative,
    /// The older one, whose results `DescribeImages` tells as well. AWS has retired it.
    Clair,
}

impl BasicScanVersion {
    /// What the interface calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AwsNative => "AWS_NATIVE",
            Self::Clair => "CLAIR",
        }
    }
}
