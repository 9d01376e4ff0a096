//! What is kept on the disk is for its owner alone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support::client::Client;
use support::system::System;

/// Everything under a folder that somebody else may open.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What is temporary may go between the two looks.
        let Ok(data) = path.metadata() else { continue };
        if data.permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        if data.is_dir() {
            found.extend(open_to_others(&path));
        }
    }
    found
}

#[tokio::test]
async fn nothing_in_the_data_directory_is_open_to_others() {
    let home = tempfile::tempdir().unwrap();
    let system = System::start(&home.path().join("data"), &[]);
    let client = Client::machine(&system).await;
    // With a process, files and a log of its own.
    let (registration, _) = client.register("globex", "advanced").await;
    client.until(&registration, "Created", Duration::from_secs(120)).await;
    assert_eq!(system.data.metadata().unwrap().permissions().mode() & 0o077, 0);
    assert_eq!(open_to_others(&system.data), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_was_open_to_others_is_closed_at_the_start() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    System::start(&data, &[]).terminate();
    let open =
        |name: &str, mode| std::fs::set_permissions(data.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    for name in ["", "mail"] {
        open(name, 0o755);
    }
    for name in ["identity.db", "tenantry.db", "usage.slots", "credentials.json"] {
        open(name, 0o644);
    }
    // Of a process that was killed while it wrote.
    std::fs::write(data.join("credentials.7.new"), "{}").unwrap();
    let system = System::start(&data, &[]);
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o077, 0);
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new());
    assert!(!data.join("credentials.7.new").exists());
    let log = system.log();
    assert!(log.contains("identity.db was open to others (mode 644)"), "{log}");
}

#[tokio::test]
async fn a_folder_that_is_more_than_ours_is_left_open_and_spoken_of() {
    let home = tempfile::tempdir().unwrap();
    let shared = home.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    let open = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(&shared, 0o755);
    let notes = shared.join("notes.txt");
    std::fs::write(&notes, "").unwrap();
    open(&notes, 0o644);
    let system = System::start(&shared, &[]);
    assert_eq!(shared.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(open_to_others(&shared), [notes]);
    let log = system.log();
    assert!(log.contains("is open to others (mode 755)") && log.contains("chmod go="), "{log}");
}
