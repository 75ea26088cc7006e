//! Why calls about tasks are refused.

/// A refusal, with its code and its text.
#[derive(Debug)]
pub(crate) enum TaskRefusal {
    /// What is held against a client, with the whole text.
    Client(String),
    ClusterNotFound,
    /// Other tasks have the client token: these.
    Conflict(Vec<String>),
    /// A version of the platform.
    PlatformUnknown(String),
    ServiceNotFound,
    UnsupportedFeature(&'static str),
}

impl TaskRefusal {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Client(_) => "ClientException",
            Self::ClusterNotFound => "ClusterNotFoundException",
            Self::Conflict(_) => "ConflictException",
            Self::PlatformUnknown(_) => "PlatformUnknownException",
            Self::ServiceNotFound => "ServiceNotFoundException",
            Self::UnsupportedFeature(_) => "UnsupportedFeatureException",
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Client(why) => why.clone(),
            Self::ClusterNotFound => "Cluster not found.".to_owned(),
            Self::Conflict(_) => "The client token was used for another call.".to_owned(),
            Self::PlatformUnknown(version) => format!("The platform version {version} does not exist."),
            Self::ServiceNotFound => "Service not found.".to_owned(),
            Self::UnsupportedFeature(why) => (*why).to_owned(),
        }
    }
}
