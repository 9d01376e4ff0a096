//! What a service prints, in a file that does not grow without end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::redact::redact;

/// A log and the one before it (`.1`), each of at most `cap` bytes.
pub struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    cap: u64,
}

impl LogFile {
    /// Continues the log of that path.
    pub fn open(path: &Path, cap: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, cap })
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        if self.size > 0 && self.size + length > self.cap {
            fs::rename(&self.path, older(&self.path))?;
            *self = Self::open(&self.path, self.cap)?;
        }
        self.file.write_all(bytes)?;
        self.size += length;
        Ok(())
    }
}

/// Removes a log, and the one before it.
pub fn remove(path: &Path) -> io::Result<()> {
    for file in [path.to_owned(), older(path)] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

const TAIL_BYTES: u64 = 2_048;
const TAIL_LINES: usize = 8;

/// A log's last lines from `since` on, for the person who asks why a service does not start. Without the
/// service's secrets, and without what looks like one of somebody else's.
pub fn tail(path: &Path, since: u64, secrets: &[String]) -> String {
    let mut text = read_end(path, since).unwrap_or_default();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let text = redact(&text);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

fn read_end(path: &Path, since: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    // A log that was turned over since begins anew.
    let since = if since > length { 0 } else { since };
    let from = since.max(length.saturating_sub(TAIL_BYTES));
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // A first line that is cut may hide half a secret.
    let cut = if from > since { text.find('\n').map_or(text.len(), |end| end + 1) } else { 0 };
    Ok(text[cut..].to_owned())
}

/// How much a log holds.
pub fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_turns_over_and_never_outgrows_its_cap() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/orders.log");
        let mut log = LogFile::open(&path, 100).unwrap();
        for n in 0..50 {
            log.write(format!("line {n:04}\n").as_bytes()).unwrap();
        }
        assert!(length(&path) <= 100 && length(&older(&path)) <= 100);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
        assert!(tail(&path, 0, &[]).ends_with("line 0049"));

        let mut again = LogFile::open(&path, 100).unwrap();
        again.write(&[b'x'; 90]).unwrap();
        assert_eq!(length(&path), 90, "a size is known after a restart");
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn a_tail_is_short_recent_and_tells_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.log");
        fs::write(&path, "of an earlier life\n").unwrap();
        let since = length(&path);
        let mut log = LogFile::open(&path, 1 << 20).unwrap();
        log.write(b"token s3cr3t\nDB_PASSWORD=hunter2\nit broke\n").unwrap();
        assert_eq!(tail(&path, since, &["s3cr3t".into()]), "token ***\nDB_PASSWORD=***\nit broke");
        for _ in 0..1000 {
            log.write(b"a line with s3cr3t in it\n").unwrap();
        }
        let tail = tail(&path, since, &["s3cr3t".into()]);
        assert!(tail.lines().count() == TAIL_LINES && !tail.contains("s3cr3t"), "{tail}");
    }
}
