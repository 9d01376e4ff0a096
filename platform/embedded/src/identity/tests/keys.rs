//! Keys come and go; tokens stay good.

use std::time::Duration;

use tenantry_ports::identity::{Issuers as _, SpeaksFor};

use super::support::{again, issuer};
use crate::sqlite::Mode;

const NEW: &str = "Chosen-pass-1";

#[tokio::test]
async fn tokens_outlive_the_rotation_of_their_key_and_a_restart() {
    let issuer = issuer().await;
    let (pool, client) = (&issuer.admin.pool, &issuer.admin.user_client);
    let tokens = issuer.first_sign_in(client, "admin", &issuer.admin.first_admin.password, NEW).await;
    let old = &tokens["AccessToken"];
    issuer.identity.rotate_keys(pool).await.unwrap();
    issuer.claims(pool, old).await.unwrap();
    let (_, renewed) = issuer.refresh_auth(client, &tokens["RefreshToken"]).await;
    let new = &renewed["AuthenticationResult"]["AccessToken"];
    issuer.claims(pool, new).await.unwrap();
    let kid = |token: &serde_json::Value| jsonwebtoken::decode_header(token.as_str().unwrap()).unwrap().kid;
    assert_ne!(kid(old), kid(new));
    // Once no token of it can be about, it is not published any more.
    issuer.clock.forward(Duration::from_secs(3 * 3600));
    assert!(issuer.claims(pool, old).await.is_err());
    issuer.claims(pool, new).await.unwrap();
    // After a month another key signs by itself.
    issuer.clock.forward(Duration::from_secs(29 * 24 * 3600 + 23 * 3600));
    let (status, later) = issuer.password_auth(client, "admin", NEW).await;
    assert_eq!(status, 200, "{later}");
    assert_ne!(kid(new), kid(&later["AuthenticationResult"]["AccessToken"]));
}

#[tokio::test]
async fn a_restart_keeps_keys_users_and_the_machine() {
    let first = issuer().await;
    let tokens = first.first_sign_in(&first.admin.user_client, "admin", &first.admin.first_admin.password, NEW).await;
    let second = again(first.dir.clone(), 1_795_000_500_000, Mode::Threaded).await;
    assert_eq!(second.admin.machine_secret, first.admin.machine_secret);
    assert_eq!(second.admin.first_admin, first.admin.first_admin);
    let kid = |token: &serde_json::Value| jsonwebtoken::decode_header(token.as_str().unwrap()).unwrap().kid;
    let (status, renewed) = second.refresh_auth(&second.admin.user_client, &tokens["RefreshToken"]).await;
    assert_eq!(status, 200, "{renewed}");
    assert_eq!(kid(&tokens["AccessToken"]), kid(&renewed["AuthenticationResult"]["AccessToken"]));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(first.dir.path().join("identity.db")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn only_issuers_we_made_are_trusted() {
    let issuer = issuer().await;
    let found = issuer.identity.issuer(&issuer.admin.issuer).await.unwrap().unwrap();
    assert_eq!(found.speaks_for, SpeaksFor::Admins);
    assert_eq!(found.user_clients, vec![issuer.admin.user_client.clone()]);
    assert_eq!(found.machine_clients, vec![issuer.admin.machine_client.clone()]);
    for other in [
        format!("{}/local_000000000", issuer.base),
        format!("{}/", issuer.admin.issuer),
        format!("http://evil.example/{}", issuer.admin.pool),
        issuer.admin.pool.to_string(),
        String::new(),
    ] {
        assert_eq!(issuer.identity.issuer(&other).await.unwrap(), None, "{other}");
    }
}
