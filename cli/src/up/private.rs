//! The data directory is its owner's alone, however it came here: unpacked from a backup, made by hand, or left by an
//! earlier version.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What others may do with a file.
const OTHERS: u32 = 0o077;

/// Of a folder in which others may put things: not ours to close.
const STICKY: u32 = 0o1000;
/// Folders and files of ours; SQLite's have others of its own beside them.
const OURS: [&str; 8] = ["data", "mail", "logs", "run", "credentials.json", "ports.json", "usage.slots", "lock"];
const DATABASES: [&str; 2] = ["tenantry.db", "identity.db"];

/// Takes from others what they may do with what of ours lies in the directory, and with the directory unless something
/// else lies there too: then it is more than ours. Removes files that a killed process had half-written. What lies deeper
/// nobody else reaches.
pub fn keep_private(dir: &Path) -> io::Result<()> {
    let mut ours_alone = true;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = OURS.contains(&&*name) || DATABASES.iter().any(|database| name.starts_with(database));
        if is_half_written(&name) {
            fs::remove_file(entry.path())?;
        } else if !ours {
            ours_alone = false;
        } else if !entry.file_type()?.is_symlink() {
            // A link is for whoever made it to look after.
            close(&entry.path(), true);
        }
    }
    close(dir, ours_alone);
    Ok(())
}

/// By [`write_private`](crate::files::write_private), which names it by its process.
fn is_half_written(name: &str) -> bool {
    let parts = name.strip_suffix(".new").and_then(|rest| rest.rsplit_once('.'));
    parts.is_some_and(|(whole, pid)| {
        OURS.contains(&format!("{whole}.json").as_str()) && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Or says that it is open, where it is not ours to close.
fn close(path: &Path, ours: bool) {
    // Somebody may have removed it: SQLite's own files come and go.
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return;
    }
    let shown = path.display();
    let closed = if ours && mode & STICKY == 0 {
        fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))
    } else {
        Err(io::Error::other("it is more than the data of this program"))
    };
    match closed {
        Ok(()) => tracing::warn!("{shown} was open to others (mode {mode:o}); it is for its owner alone now"),
        Err(error) => tracing::warn!(
            %error,
            "{shown} is open to others (mode {mode:o}) and holds secrets: choose another one, or chmod go= {shown}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_was_writing_is_known_by_its_name() {
        for half in ["credentials.20578.new", "ports.1.new"] {
            assert!(is_half_written(half), "{half}");
        }
        for whole in ["credentials.json", "credentials.new", "notes.7.new", ".new", "credentials..new", "tenantry.db"] {
            assert!(!is_half_written(whole), "{whole}");
        }
    }
}
