//! Tokens over a correction of the machine's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::super::{BaseUrl, Identity, IdentityConfig, pools};
use crate::clock::SystemClock;
use crate::ids::RandomIds;
use crate::sqlite::{Mode, Place};

const START: i64 = 1_795_000_000;
const TEN_HOURS: i64 = 36_000;

fn issued_at(token: &str) -> i64 {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["iat"].as_i64().unwrap()
}

#[tokio::test]
async fn tokens_after_a_correction_have_the_corrected_time() {
    let hand = Arc::new(AtomicI64::new(START));
    let wall = Arc::clone(&hand);
    let read = move || Duration::from_secs(wall.load(Ordering::Relaxed).try_into().unwrap());
    let clock = Arc::new(SystemClock::following(read));
    let dir = tempfile::tempdir().unwrap();
    let config = IdentityConfig::new(dir.path().join("mail"), BaseUrl::fixed("http://127.0.0.1:8080"));
    let ids = Arc::new(RandomIds::new(clock.clone()));
    let place = Place::File(dir.path().join("identity.db"));
    let identity = Identity::open(place, Mode::Threaded, config, clock, ids).await.unwrap();
    let admin = identity.ensure_admin_pool().await.unwrap();
    let id = admin.pool.as_str().to_owned();
    let pool = identity.0.db.read(move |conn| pools::find(conn, &id)).await.unwrap().unwrap();
    for now in [START, START + TEN_HOURS, START - TEN_HOURS, START] {
        hand.store(now, Ordering::Relaxed);
        let token = identity.machine_token(&pool, admin.machine_client.as_str(), "tenant/tenant_read").await.unwrap();
        assert_eq!(issued_at(&token), now);
        let keys: Value = serde_json::from_slice(&identity.published_keys(&pool.id).await.unwrap()).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let published = keys["keys"].as_array().unwrap().iter().any(|key| key["kid"].as_str() == header.kid.as_deref());
        assert!(published, "the key that signs is published at {now}");
    }
}
