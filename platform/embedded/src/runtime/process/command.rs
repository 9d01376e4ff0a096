//! Finding the program that a catalogue's command names.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// In a catalogue's command this is the program that reads it.
const OURSELVES: &str = "tenantry";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no program {0:?} to run")]
pub struct NotFound(String);

/// The program a command's first word means, looked up in `path` as a shell does.
pub fn find(word: &str, ourselves: &Path, path: &str) -> Result<PathBuf, NotFound> {
    if word == OURSELVES {
        return Ok(ourselves.to_owned());
    }
    let found = if word.contains('/') {
        Some(PathBuf::from(word)).filter(|file| runnable(file))
    } else {
        std::env::split_paths(path).map(|folder| folder.join(word)).find(|file| runnable(file))
    };
    found.ok_or_else(|| NotFound(word.to_owned()))
}

fn runnable(file: &Path) -> bool {
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_shell_finds_it() {
        let ours = Path::new("/opt/tenantry/bin/tenantry");
        assert_eq!(find("tenantry", ours, "/bin").unwrap(), ours);
        assert_eq!(find("sh", ours, "/nowhere:/bin").unwrap(), Path::new("/bin/sh"));
        assert_eq!(find("/bin/sh", ours, "").unwrap(), Path::new("/bin/sh"));
        for missing in ["no-such-program", "/etc/passwd", "/bin", "./no-such-program"] {
            assert_eq!(find(missing, ours, "/bin"), Err(NotFound(missing.into())), "{missing}");
        }
    }
}
