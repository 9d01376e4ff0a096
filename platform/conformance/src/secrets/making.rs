use std::time::Duration;

use crate::make::together;
use crate::subject::Subject;

pub async fn a_secret_stays_as_it_was_made(s: Subject) {
    let first = s.secrets.secret("cursors").await.unwrap();
    s.time.pass(Duration::from_secs(7 * 24 * 60 * 60)).await;
    assert_eq!(s.secrets.secret("cursors").await.unwrap(), first);
}

pub async fn who_asks_at_once_gets_the_same(s: Subject) {
    let got = together(12, |_| {
        let secrets = s.secrets.clone();
        async move { secrets.secret("cursors").await.unwrap() }
    })
    .await;
    assert!(got.iter().all(|secret| *secret == got[0]));
}

pub async fn secrets_differ_by_name(s: Subject) {
    let (a, b) = (s.secrets.secret("a").await.unwrap(), s.secrets.secret("b").await.unwrap());
    assert_ne!(a, b);
    assert!(a != [0; 32] && b != [0; 32]);
}
