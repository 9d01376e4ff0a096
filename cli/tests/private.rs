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
