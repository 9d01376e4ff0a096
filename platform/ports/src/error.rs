//! What the errors of all ports share.

use std::error::Error;
use std::time::Duration;

/// Why, for the log. It never reaches a client.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Whether a write that failed may have happened all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    No,
    Unknown,
}

/// Why something is not done, by a rule and not by a fault. A client may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the tenant has been removed")]
    Gone,
    #[error("somebody else has it already")]
    Taken,
    #[error("nobody else could do what this administrator can")]
    LastAdmin,
}

/// What a caller may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Not sooner than this.
    After(Duration),
}

macro_rules! port_error {
    ($(#[$doc:meta])* $name:ident, $port:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {
            /// It did not answer, or not in time.
            Unavailable {
                what: String,
                applied: $crate::error::Applied,
                cause: Option<$crate::error::Cause>,
            },
            /// It has too much to do; nothing was done.
            Busy { retry_after: std::time::Duration },
            /// It has no room; nothing was done.
            Full { what: String },
            /// It is there and well, and says no; nothing was done.
            Refused($crate::error::Refusal),
            /// What it holds, or what it was asked, makes no sense.
            Broken {
                what: String,
                cause: Option<$crate::error::Cause>,
            },
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Unavailable { what, .. } => write!(f, concat!("the ", $port, " is unavailable: {}"), what),
                    Self::Busy { .. } => f.write_str(concat!("the ", $port, " is busy")),
                    Self::Full { what } => write!(f, concat!("the ", $port, " is full: {}"), what),
                    Self::Refused(why) => write!(f, concat!("the ", $port, " refuses: {}"), why),
                    Self::Broken { what, .. } => write!(f, concat!("the ", $port, " cannot do this: {}"), what),
                }
            }
        }

        impl std::error::Error for $name {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                match self {
                    Self::Unavailable { cause, .. } | Self::Broken { cause, .. } => {
                        cause.as_deref().map(|c| c as &(dyn std::error::Error + 'static))
                    }
                    Self::Busy { .. } | Self::Full { .. } | Self::Refused(_) => None,
                }
            }
        }

        impl $name {
            /// It failed before anything was written.
            pub fn unavailable(what: impl Into<String>, cause: impl Into<$crate::error::Cause>) -> Self {
                Self::Unavailable { what: what.into(), applied: $crate::error::Applied::No, cause: Some(cause.into()) }
            }

            /// It failed, and the write may have happened.
            pub fn unknown(what: impl Into<String>, cause: impl Into<$crate::error::Cause>) -> Self {
                Self::Unavailable {
                    what: what.into(),
                    applied: $crate::error::Applied::Unknown,
                    cause: Some(cause.into()),
                }
            }

            pub fn broken(what: impl Into<String>, cause: impl Into<$crate::error::Cause>) -> Self {
                Self::Broken { what: what.into(), cause: Some(cause.into()) }
            }

            /// Whether trying again can help.
            pub fn retryable(&self) -> $crate::error::Retry {
                use $crate::error::Retry;
                match self {
                    Self::Unavailable { .. } => Retry::After(std::time::Duration::from_millis(200)),
                    Self::Busy { retry_after } => Retry::After(*retry_after),
                    Self::Full { .. } => Retry::After(std::time::Duration::from_secs(5)),
                    Self::Refused(_) | Self::Broken { .. } => Retry::Never,
                }
            }
        }
    };
}
pub(crate) use port_error;
