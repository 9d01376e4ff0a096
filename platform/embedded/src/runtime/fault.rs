//! What other parts' errors mean for a step of the runtime.

use std::error::Error;

use tenantry_ports::data::DataError;
use tenantry_ports::error::{Cause, Retry};
use tenantry_ports::identity::IdentityError;
use tenantry_ports::runtime::RuntimeError;

/// A disk may have room, or be writable, the next time.
pub fn disk(what: &str, cause: impl Error + Send + Sync + 'static) -> RuntimeError {
    RuntimeError::transient(format!("{what} could not be read or written"), cause)
}

/// Its words are for the admin, such as that an address is taken.
pub fn identity(error: IdentityError) -> RuntimeError {
    let (what, retry) = (error.to_string(), error.retryable());
    match error {
        IdentityError::Unavailable { cause, .. } | IdentityError::Broken { cause, .. } => weigh(what, retry, cause),
        IdentityError::Busy { .. } | IdentityError::Full { .. } | IdentityError::Refused(_) => weigh(what, retry, None),
    }
}

pub fn data(error: DataError) -> RuntimeError {
    let (what, retry) = (error.to_string(), error.retryable());
    match error {
        DataError::Unavailable { cause, .. } | DataError::Broken { cause, .. } => weigh(what, retry, cause),
        DataError::Busy { .. } | DataError::Full { .. } | DataError::Refused(_) => weigh(what, retry, None),
    }
}

fn weigh(what: String, retry: Retry, cause: Option<Cause>) -> RuntimeError {
    match retry {
        Retry::Never => RuntimeError::Permanent { what, cause },
        Retry::After(after) => RuntimeError::Transient { what, retry_after: Some(after), cause },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_never_work_is_told_in_the_words_of_who_refused() {
        let error = identity(IdentityError::Broken { what: "the address is taken".into(), cause: None });
        assert!(!error.retryable() && error.to_string().contains("the address is taken"), "{error}");
        assert!(identity(IdentityError::unavailable("no answer", "why")).retryable());
        assert!(data(DataError::Full { what: "no room".into() }).retryable());
    }
}
