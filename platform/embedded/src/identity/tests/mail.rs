//! Mail is there once the user is, also when a crash came between.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tenantry_contract::name::Email;
use tenantry_ports::identity::{Admins, NewAdmin};

use super::super::{Identity, users};
use super::support::{again, facts, issuer};
use crate::sqlite::Mode;

#[tokio::test]
async fn a_mail_is_written_once_however_often_it_is_asked_for() {
    let issuer = issuer().await;
    let (pool, client) = issuer.stage().await;
    for _ in 0..3 {
        issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@example.com")).await.unwrap();
    }
    let mails = issuer.mails("ada@example.com");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains(&format!("Sign in at: {}/{pool}/login", issuer.base)));
    assert!(mails[0].contains("Sign-in name: ada@example.com"));
    issuer.first_sign_in(&client, "ada@example.com", &issuer.mailed_password("ada@example.com"), "Chosen-pass-1").await;
}

#[tokio::test]
async fn a_mail_that_a_crash_kept_back_is_written_at_the_next_start() {
    let first = issuer().await;
    let (pool, _) = first.stage().await;
    first.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@example.com")).await.unwrap();
    let told = first.mailed_password("ada@example.com");
    // As after a crash between the commit and the mail: the user is there and owed, and no file is.
    let owe = |conn: &rusqlite::Connection| {
        conn.execute("INSERT INTO unmailed (sub) SELECT sub FROM user WHERE tenant = 't-1' ON CONFLICT DO NOTHING", [])
    };
    for entry in std::fs::read_dir(first.dir.path().join("mail")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    // The first one's own note of what it wrote must not come after.
    noted(&first.identity).await;
    first.identity.0.db.write(owe).await.unwrap();

    let second = again(first.dir.clone(), 1_795_000_500_000, Mode::Threaded).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while second.mails("ada@example.com").is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "no mail came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(second.mailed_password("ada@example.com"), told);
    // And it is noted, so that no later start writes it again.
    noted(&second.identity).await;
}

#[tokio::test]
async fn a_mail_comes_although_whoever_asked_has_left() {
    let issuer = issuer().await;
    let eve = NewAdmin {
        name: "eve".to_owned(),
        email: Email::parse("eve@example.com").unwrap(),
        role: "SystemViewer".to_owned(),
    };
    // Asked once, and dropped while the user is being written.
    let mut asking = Box::pin(Admins::create(&issuer.identity, eve));
    assert!(poll_fn(|context| Poll::Ready(asking.as_mut().poll(context).is_pending())).await);
    drop(asking);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while issuer.mails("eve@example.com").is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "no mail came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until no mail is owed.
async fn noted(identity: &Identity) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !identity.0.db.read(users::unmailed).await.unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the mail is still owed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
