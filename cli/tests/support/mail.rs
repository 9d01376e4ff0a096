//! The mails of the embedded mode.

use std::path::Path;
use std::time::Duration;

use super::eventually;

/// The temporary password that was mailed to an address.
pub async fn temporary_password(data: &Path, email: &str) -> String {
    eventually(&format!("a mail to {email}"), Duration::from_secs(30), || async {
        mails(data).into_iter().rev().find(|mail| mail.contains(email)).and_then(|mail| {
            let line = mail.lines().find_map(|line| line.trim().strip_prefix("Temporary password: "))?;
            Some(line.trim().to_owned())
        })
    })
    .await
}

/// Oldest first.
fn mails(data: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(data.join("mail")) else { return Vec::new() };
    let mut files: Vec<_> = files
        .filter_map(Result::ok)
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .filter_map(|path| Some((std::fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    files.sort();
    files.into_iter().filter_map(|(_, path)| std::fs::read_to_string(path).ok()).collect()
}
