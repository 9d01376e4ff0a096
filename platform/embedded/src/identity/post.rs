//! Getting mail out: after the user is committed, and again after a crash that came between.

use std::time::Duration;

use tenantry_ports::identity::IdentityError;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::BaseUrl;
use super::mail::{Invitation, Mailbox};
use super::secret::ServerKey;
use super::users::{self, User};
use crate::sqlite::Sqlite;

/// Mails written within this time are settled on the disk together.
const GATHER: Duration = Duration::from_millis(200);
/// Mails that are looked at together.
const AT_ONCE: usize = 500;

pub(super) struct Post {
    desk: Desk,
    written: mpsc::UnboundedSender<String>,
    _settler: AbortOnDropHandle<()>,
}

/// What writes a mail, apart from who settles it.
#[derive(Clone)]
struct Desk {
    mailbox: Mailbox,
    base: BaseUrl,
    key: ServerKey,
}

impl Post {
    pub(super) fn open(mailbox: Mailbox, db: Sqlite, base: BaseUrl, key: ServerKey) -> Self {
        let desk = Desk { mailbox, base, key };
        let (written, settled) = mpsc::unbounded_channel();
        let settler = tokio::spawn(settle(desk.clone(), db, written.downgrade(), settled));
        Self { desk, written, _settler: AbortOnDropHandle::new(settler) }
    }

    /// Writes the user's mail, if the user still has a one-time password.
    pub(super) async fn deliver(&self, user: User) -> Result<(), IdentityError> {
        let sub = user.sub.clone();
        self.desk.write(user).await?;
        // Gone only when the issuer is; then the next start writes it again.
        let _ = self.written.send(sub);
        Ok(())
    }
}

impl Post {
    /// Removes the mails to users who are gone. Should that fail, the next start does it.
    pub(super) async fn forget(&self, subs: Vec<String>) {
        if !subs.is_empty() {
            self.desk.remove(subs).await;
        }
    }
}

impl Desk {
    async fn remove(&self, subs: Vec<String>) {
        let mailbox = self.mailbox.clone();
        let removed = tokio::task::spawn_blocking(move || mailbox.remove(&subs)).await;
        if let Err(e) = removed.map_err(std::io::Error::from).flatten() {
            tracing::warn!(error = &e as &dyn std::error::Error, "removing the mail of users who are gone");
        }
    }

    /// Removes what an earlier process left when it died between a user's removal and that of the mail.
    async fn sweep(&self, db: &Sqlite) {
        let mailbox = self.mailbox.clone();
        let Ok(Ok(subs)) = tokio::task::spawn_blocking(move || mailbox.subs()).await else { return };
        for some in subs.chunks(AT_ONCE) {
            self.remove_unknown(db, some.to_vec()).await;
        }
    }

    /// Removes the mails to those of them who are gone.
    async fn remove_unknown(&self, db: &Sqlite, subs: Vec<String>) {
        match db.read(move |conn| users::unknown(conn, subs)).await {
            Ok(gone) if gone.is_empty() => {}
            Ok(gone) => self.remove(gone).await,
            Err(e) => tracing::warn!(error = &e as &dyn std::error::Error, "looking for mail of nobody"),
        }
    }

    async fn write(&self, user: User) -> Result<(), IdentityError> {
        let Some(password) = user.one_time(&self.key) else { return Ok(()) };
        let mail = Invitation {
            date: rfc_5322(user.created),
            url: format!("{}/{}/login", self.base.get(), user.pool),
            id: user.sub,
            to: user.email,
            sign_in_name: user.login,
            password,
            tenant_name: user.tenant_name,
        };
        let mailbox = self.mailbox.clone();
        tokio::task::spawn_blocking(move || mailbox.write(&mail))
            .await
            .map_err(|e| IdentityError::unknown("mail was not written", e))?
            .map_err(|e| IdentityError::unknown("mail was not written", e))
    }
}

fn rfc_5322(at: tenantry_contract::time::Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Writes what an earlier process owed, then notes in batches what is safely on the disk.
async fn settle(
    desk: Desk,
    db: Sqlite,
    again: mpsc::WeakUnboundedSender<String>,
    mut settled: mpsc::UnboundedReceiver<String>,
) {
    // A mail says where to sign in.
    desk.base.known().await;
    match db.read(users::unmailed).await {
        Ok(owed) => {
            for user in owed {
                let sub = user.sub.clone();
                match desk.write(user).await {
                    Ok(()) => drop(again.upgrade().map(|sender| sender.send(sub))),
                    Err(e) => tracing::warn!(error = &e as &dyn std::error::Error, "mail that was owed"),
                }
            }
        }
        Err(e) => tracing::warn!(error = &e as &dyn std::error::Error, "looking for mail that was owed"),
    }
    desk.sweep(&db).await;
    let mut subs = Vec::new();
    while settled.recv_many(&mut subs, 10_000).await > 0 {
        tokio::time::sleep(GATHER).await;
        while let Ok(sub) = settled.try_recv() {
            subs.push(sub);
        }
        let done = std::mem::take(&mut subs);
        let mailbox = desk.mailbox.clone();
        let safe = tokio::task::spawn_blocking(move || mailbox.settle()).await;
        match safe {
            Ok(Ok(())) => {
                let noted = done.clone();
                if let Err(e) = db.write(move |conn| users::mailed(conn, &noted)).await {
                    tracing::warn!(error = &e as &dyn std::error::Error, "noting mail as written");
                }
                // Who went while the mail was being written.
                for some in done.chunks(AT_ONCE) {
                    desk.remove_unknown(&db, some.to_vec()).await;
                }
            }
            Ok(Err(e)) => tracing::warn!(error = &e as &dyn std::error::Error, "settling mail"),
            Err(e) => tracing::warn!(error = &e as &dyn std::error::Error, "settling mail"),
        }
    }
}
