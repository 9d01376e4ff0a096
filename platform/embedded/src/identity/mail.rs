//! Mail, as files: one per user, of a name that says whose it is, so that writing it again changes nothing.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The mail that brings a one-time password.
pub(super) struct Invitation {
    /// Names the file: the user's `sub`.
    pub(super) id: String,
    /// An RFC 5322 date.
    pub(super) date: String,
    pub(super) to: String,
    pub(super) sign_in_name: String,
    pub(super) password: String,
    pub(super) url: String,
    /// Empty for the provider's own people.
    pub(super) tenant_name: String,
}

impl Invitation {
    fn text(&self) -> String {
        let Self { id, date, to, sign_in_name, password, url, tenant_name } = self;
        let place = if tenant_name.is_empty() { "Tenantry" } else { tenant_name };
        // Every value is either of ours or was parsed; those a person may choose freely stand in the body alone.
        let body = format!(
            "You have an account at {place}.\n\n\
             Sign-in name: {sign_in_name}\n\
             Temporary password: {password}\n\
             Sign in at: {url}\n\n\
             You will be asked to choose a password of your own.\n"
        );
        let (encoding, body) = if body.is_ascii() {
            ("7bit", body.replace('\n', "\r\n"))
        } else {
            ("base64", wrapped(&STANDARD.encode(body.replace('\n', "\r\n"))))
        };
        format!(
            "From: Tenantry <no-reply@tenantry.invalid>\r\nTo: <{to}>\r\nSubject: Your temporary password\r\n\
             Date: {date}\r\nMessage-ID: <{id}@tenantry.invalid>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\
             Auto-Submitted: auto-generated\r\n\r\n{body}"
        )
    }
}

fn wrapped(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / 38);
    for (index, c) in text.chars().enumerate() {
        if index > 0 && index % 76 == 0 {
            lines.push_str("\r\n");
        }
        lines.push(c);
    }
    lines.push_str("\r\n");
    lines
}

static TURN: AtomicU64 = AtomicU64::new(0);

/// The directory mail is written to.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    dir: PathBuf,
    /// A directory takes one new name at a time, and who waits for it in the kernel spins.
    one_by_one: Arc<Mutex<()>>,
}

impl Mailbox {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mailbox = Self { dir: dir.to_owned(), one_by_one: Arc::default() };
        mailbox.sweep()?;
        Ok(mailbox)
    }

    /// Removes what an earlier process had half-written: it may hold a password, and nobody would ever look at it.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") && name.as_encoded_bytes().ends_with(b".tmp") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Appears whole or not at all. It is on the disk for certain only after [`Mailbox::settle`].
    pub(super) fn write(&self, mail: &Invitation) -> io::Result<()> {
        // Two that write the same mail at once, as a start and a request may, do not share a half-written file.
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(format!(".{}.{turn}.tmp", mail.id));
        let text = mail.text();
        let _turn = self.one_by_one.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        drop(file);
        fs::rename(&temporary, self.dir.join(format!("{}.eml", mail.id)))
    }

    /// Removes the mails to these users, where there are any.
    pub(super) fn remove(&self, ids: &[String]) -> io::Result<()> {
        let _turn = self.one_by_one.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().try_for_each(|id| match fs::remove_file(self.dir.join(format!("{id}.eml"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    /// To whom there are mails. What somebody else put here is nobody's.
    pub(super) fn subs(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let subs = names.map(|name: io::Result<String>| Ok(name?.strip_suffix(".eml").map(str::to_owned)));
        let of_users = subs.filter_map(io::Result::transpose);
        of_users.filter(|sub| sub.as_ref().map_or(true, |sub| uuid::Uuid::try_parse(sub).is_ok())).collect()
    }

    /// Everything written so far survives the machine: one call for many mails.
    pub(super) fn settle(&self) -> io::Result<()> {
        rustix::fs::syncfs(fs::File::open(&self.dir)?).map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(name: &str) -> Invitation {
        Invitation {
            id: "id-1".to_owned(),
            date: "Sun, 22 Nov 2026 15:00:00 +0000".to_owned(),
            to: "ada@example.com".to_owned(),
            sign_in_name: name.to_owned(),
            password: "Kd7m-x3Qp-9abC-defg".to_owned(),
            url: "http://127.0.0.1:1/p/login".to_owned(),
            tenant_name: "acme".to_owned(),
        }
    }

    #[test]
    fn a_mail_is_written_once_however_often() {
        let dir = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(&dir.path().join("mail")).unwrap();
        mailbox.write(&invitation("ada")).unwrap();
        mailbox.write(&invitation("ada")).unwrap();
        mailbox.settle().unwrap();
        let files: Vec<_> = fs::read_dir(dir.path().join("mail")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let text = fs::read_to_string(&files[0]).unwrap();
        assert!(text.contains("\r\nTo: <ada@example.com>\r\n"));
        assert!(text.contains("\r\n\r\nYou have an account at acme."));
        assert!(text.lines().any(|line| line == "Temporary password: Kd7m-x3Qp-9abC-defg"));
    }

    #[test]
    fn what_was_left_half_written_goes_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        Mailbox::open(dir.path()).unwrap().write(&invitation("ada")).unwrap();
        fs::write(dir.path().join(".id-2.7.tmp"), "Temporary password: half").unwrap();
        Mailbox::open(dir.path()).unwrap();
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["id-1.eml"]);
    }

    #[test]
    fn a_name_of_any_script_is_carried() {
        let text = invitation("آدا").text();
        assert!(text.is_ascii());
        let body = text.split_once("\r\n\r\n").unwrap().1.replace("\r\n", "");
        assert!(String::from_utf8(STANDARD.decode(body).unwrap()).unwrap().contains("آدا"));
    }
}
