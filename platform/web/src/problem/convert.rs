//! Ports' errors become HTTP here, once: the log gets the chain, the client a sentence.

use std::error::Error;
use std::fmt::Write;

use tenantry_ports::data::DataError;
use tenantry_ports::error::{Refusal, Retry};
use tenantry_ports::identity::IdentityError;
use tenantry_ports::runtime::RuntimeError;
use tenantry_ports::store::StoreError;

use super::Problem;

/// An error and its sources in one line, for a log.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(line, ": {cause}");
        source = cause.source();
    }
    line
}

fn problem(error: &(dyn Error + 'static), retry: Retry) -> Problem {
    match retry {
        Retry::After(after) => {
            tracing::warn!(error = chain(error), "answered 503");
            Problem::unavailable("The service cannot do this just now. Try again.").retry_after(after)
        }
        Retry::Never => {
            tracing::error!(error = chain(error), "answered 500");
            Problem::internal()
        }
    }
}

/// The client's affair, and nothing for the log.
fn refused(why: Refusal) -> Problem {
    match why {
        Refusal::Gone => Problem::forbidden("The tenant has been removed."),
        Refusal::LastAdmin => {
            Problem::conflict("This is the last administrator that is enabled: make another one first.")
        }
        Refusal::Taken => Problem::conflict("Somebody else has it already."),
    }
}

macro_rules! from_port_errors {
    ($($error:ident),*) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                match &error {
                    $error::Refused(why) => refused(*why),
                    _ => problem(&error, error.retryable()),
                }
            }
        }
    )*};
}

from_port_errors!(StoreError, IdentityError, DataError);

impl From<RuntimeError> for Problem {
    fn from(error: RuntimeError) -> Self {
        let retry = match &error {
            RuntimeError::Transient { retry_after, .. } => Retry::After(retry_after.unwrap_or_default()),
            RuntimeError::Permanent { .. } => Retry::Never,
        };
        problem(&error, retry)
    }
}
