//! How many files the process may have open. Each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many files this process may have open.
pub fn files() -> usize {
    getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

/// The usual limit is 1,024, and nobody who sets it thinks of us: take as many as we may. Call it before anything is
/// served.
pub fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit of open files cannot be raised, so fewer connections are let in");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_are_taken_as_may_be() {
        let limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.unwrap_or(u64::MAX);
        // Tests beside this one have enough with the half too.
        setrlimit(Resource::Nofile, Rlimit { current: Some(most / 2), ..limit }).unwrap();
        allow_many_files();
        assert_eq!(files() as u64, most);
    }
}
