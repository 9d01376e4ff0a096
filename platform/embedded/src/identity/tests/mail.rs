//! Mail is there once the user is, also when a crash came between.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tenantry_contract::name::Email;
use tenantry_contract::resource::Owner;
use tenantry_ports::identity::{Admins, NewAdmin};

use super::super::{Identity, users};
use super::support::{again, facts, issuer, tenant};
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

#[tokio::test]
async fn mail_goes_with_whom_it_was_for() {
    let issuer = issuer().await;
    let (pool, _) = issuer.stage().await;
    let own = Owner::Tenant(tenant("t-2"));
    let (dedicated, _) = issuer.identity.ensure_pool(&own).await.unwrap();
    issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@one.example")).await.unwrap();
    issuer.identity.ensure_tenant_admin(&dedicated, &facts("t-2", "ada@two.example")).await.unwrap();
    let eve = NewAdmin {
        name: "eve".to_owned(),
        email: Email::parse("eve@example.com").unwrap(),
        role: "SystemViewer".to_owned(),
    };
    Admins::create(&issuer.identity, eve).await.unwrap();
    let all = ["ada@one.example", "ada@two.example", "eve@example.com"];
    let left = || all.into_iter().filter(|to| !issuer.mails(to).is_empty()).collect::<Vec<_>>();
    assert_eq!(left(), all);
    issuer.identity.remove_tenant_users(&pool, &tenant("t-1")).await.unwrap();
    assert_eq!(left(), all[1..]);
    issuer.identity.remove_pool(&own).await.unwrap();
    assert_eq!(left(), all[2..]);
    assert!(Admins::delete(&issuer.identity, "eve").await.unwrap());
    assert_eq!(left(), [""; 0]);
}

#[tokio::test]
async fn mail_written_for_one_who_goes_meanwhile_goes_too() {
    let issuer = issuer().await;
    let (pool, _) = issuer.stage().await;
    issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@example.com")).await.unwrap();
    let pool_id = pool.to_string();
    let find = move |conn: &rusqlite::Connection| users::by_login(conn, &pool_id, "ada@example.com");
    let ada = issuer.identity.0.db.read(find).await.unwrap().unwrap();
    issuer.identity.remove_tenant_users(&pool, &tenant("t-1")).await.unwrap();
    // Whoever began to write it before the removal comes only now.
    issuer.identity.0.post.deliver(ada).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !issuer.mails("ada@example.com").is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the mail stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn mail_of_nobody_goes_at_the_next_start() {
    let first = issuer().await;
    let foreign = first.dir.path().join("mail").join("a note.eml");
    std::fs::write(&foreign, "To: <whom@it.may.concern>").unwrap();
    let (pool, _) = first.stage().await;
    for (id, email) in [("t-1", "ada@one.example"), ("t-2", "ada@two.example")] {
        first.identity.ensure_tenant_admin(&pool, &facts(id, email)).await.unwrap();
    }
    noted(&first.identity).await;
    // As after a crash between the removal and the mail's.
    let remove = |conn: &rusqlite::Connection| conn.execute("DELETE FROM user WHERE tenant = 't-1'", []);
    first.identity.0.db.write(remove).await.unwrap();
    let second = again(first.dir.clone(), 1_795_000_500_000, Mode::Threaded).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !second.mails("ada@one.example").is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the mail stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(second.mails("ada@two.example").len(), 1);
    assert!(foreign.exists(), "what is not of ours stays");
}

/// Waits until no mail is owed.
async fn noted(identity: &Identity) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !identity.0.db.read(users::unmailed).await.unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the mail is still owed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
