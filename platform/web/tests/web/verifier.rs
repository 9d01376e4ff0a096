//! What the verifier remembers, for how long, and what it asks for how often.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tenantry_ports::identity::Algorithm;
use tenantry_web::{AuthError, TokenUse};

use crate::support::{NOW, Signer, Stand, URL, claims};

const S: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_good_token_says_who_calls() {
    let stand = Stand::new();
    let access = stand.verifier.verify(&stand.token(&claims(json!({})))).await.unwrap();
    assert_eq!(access.token_use, TokenUse::Access);
    assert_eq!((access.subject.as_str(), access.client.as_str()), ("5d3b", "people"));
    assert_eq!(access.username.as_deref(), Some("admin"));
    assert_eq!(access.groups, ["SystemAdmin"]);
    assert!(access.scopes.contains("aws.cognito.signin.user.admin"));
    assert!(access.is_user());

    let id = json!({ "token_use": "id", "aud": "people", "client_id": null, "cognito:username": "ada", "scope": null });
    let id = stand.verifier.verify(&stand.token(&claims(id))).await.unwrap();
    assert_eq!((id.token_use, id.username.as_deref()), (TokenUse::Id, Some("ada")));
    assert!(id.scopes.is_empty());

    let machine = json!({ "client_id": "machines", "cognito:groups": null, "scope": "a/b c/d" });
    let machine = stand.verifier.verify(&stand.token(&claims(machine))).await.unwrap();
    assert!(!machine.is_user());
    assert_eq!(machine.scopes.iter().collect::<Vec<_>>(), ["a/b", "c/d"]);
}

#[tokio::test]
async fn rs256_where_it_is_pinned() {
    let stand = Stand::with(Signer::rs256(), Algorithm::Rs256);
    assert!(stand.verifier.verify(&stand.token(&claims(json!({})))).await.is_ok());
    let es256 = Signer::es256().token("k1", &claims(json!({})));
    assert!(matches!(stand.verifier.verify(&es256).await, Err(AuthError::Invalid(_))));
}

#[tokio::test]
async fn a_remembered_token_costs_no_question() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    let first = stand.verifier.verify(&token).await.unwrap();
    let asked = stand.known.asked.load(Ordering::SeqCst);
    for _ in 0..100 {
        let again = stand.verifier.verify(&token).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
    }
    assert_eq!(stand.known.asked.load(Ordering::SeqCst), asked);
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_says() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({ "exp": NOW + 8 })));
    assert!(stand.verifier.verify(&token).await.is_ok());
    stand.clock.forward(9 * S);
    assert!(stand.verifier.verify(&token).await.is_ok(), "clocks may be a little apart");
    stand.clock.forward(4 * S);
    assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Invalid("expired"))));
}

#[tokio::test]
async fn a_token_of_an_issuer_that_is_gone_ends_soon() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    assert!(stand.verifier.verify(&token).await.is_ok());
    stand.known.issuers.lock().unwrap().remove(URL);
    stand.clock.forward(10 * S);
    for _ in 0..2 {
        assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Invalid(_))));
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_puts_no_check_off() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    assert!(stand.verifier.verify(&token).await.is_ok());
    stand.known.issuers.lock().unwrap().remove(URL);
    stand.clock.back(3 * 3600 * S);
    assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Invalid(_))));
}

#[tokio::test]
async fn a_caller_that_goes_away_during_a_check_leaves_it_to_the_next() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    assert!(stand.verifier.verify(&token).await.is_ok());
    let other = Signer::es256();
    stand.known.set_keys(URL, vec![other.jwk("k2")]);
    let new = other.token("k2", &claims(json!({})));
    // Reading the keys yields once, and there this caller ends; what it began goes on.
    assert!(futures::poll!(Box::pin(stand.verifier.verify(&new))).is_pending());
    assert!(stand.verifier.verify(&new).await.is_ok());
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_client_that_is_gone_ends_its_tokens_soon() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    assert!(stand.verifier.verify(&token).await.is_ok());
    {
        let mut issuers = stand.known.issuers.lock().unwrap();
        let mut changed = issuers[URL].as_ref().clone();
        changed.user_clients.clear();
        issuers.insert(URL.to_owned(), Arc::new(changed));
    }
    stand.clock.forward(10 * S);
    assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Invalid(_))));
}

#[tokio::test]
async fn a_new_key_is_found_and_one_taken_back_forgotten() {
    let stand = Stand::new();
    let old = stand.token(&claims(json!({})));
    assert!(stand.verifier.verify(&old).await.is_ok());
    let next = Signer::es256();
    stand.known.set_keys(URL, vec![next.jwk("k2")]);
    assert!(stand.verifier.verify(&next.token("k2", &claims(json!({})))).await.is_ok(), "at once");
    stand.clock.forward(10 * S);
    assert!(matches!(stand.verifier.verify(&old).await, Err(AuthError::Invalid(_))), "with the next check");
}

#[tokio::test]
async fn a_key_taken_back_is_forgotten_even_if_nobody_names_a_new_one() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    assert!(stand.verifier.verify(&token).await.is_ok());
    stand.known.set_keys(URL, Vec::new());
    stand.clock.forward(299 * S);
    assert!(stand.verifier.verify(&token).await.is_ok());
    stand.clock.forward(11 * S);
    // This one does not wait for the answer, and whoever comes after it goes by it.
    assert!(stand.verifier.verify(&token).await.is_ok());
    settled().await;
    stand.clock.forward(10 * S);
    assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Invalid(_))));
}

#[tokio::test(start_paused = true)]
async fn a_key_taken_back_while_nobody_came_opens_nothing() {
    let stand = Stand::new();
    let lasting = |jti: u32| stand.token(&claims(json!({ "jti": jti, "exp": NOW + 2 * 24 * 3600 })));
    assert!(stand.verifier.verify(&lasting(1)).await.is_ok());
    stand.known.set_keys(URL, Vec::new());
    stand.clock.forward(8 * 3600 * S);
    assert!(matches!(stand.verifier.verify(&lasting(2)).await, Err(AuthError::Invalid(_))));
    // Who is the first after a pause waits for the issuer, and nobody after that, though it does not answer.
    stand.known.set_keys(URL, vec![stand.signer.jwk("k1")]);
    stand.clock.forward(10 * S);
    assert!(stand.verifier.verify(&lasting(3)).await.is_ok());
    stand.known.silent.store(true, Ordering::SeqCst);
    stand.clock.forward(3600 * S);
    let began = tokio::time::Instant::now();
    for jti in 4..20 {
        assert!(stand.verifier.verify(&lasting(jti)).await.is_ok());
    }
    assert_eq!(began.elapsed(), 5 * S);
}

/// Lets what goes on beside come to its end.
async fn settled() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn made_up_key_ids_do_not_become_questions() {
    let stand = Stand::new();
    let storm = async || {
        for n in 0..50 {
            let token = stand.signer.token(&format!("made-up-{n}"), &claims(json!({})));
            assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Invalid(_))));
        }
    };
    storm().await;
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 3);
    storm().await;
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 3);
    stand.clock.forward(10 * S);
    storm().await;
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 4);
    assert!(stand.verifier.verify(&stand.token(&claims(json!({})))).await.is_ok(), "others are served meanwhile");
}

#[tokio::test]
async fn many_first_requests_ask_for_the_keys_once() {
    let stand = Stand::new();
    let tokens: Vec<_> = (0..20).map(|n| stand.token(&claims(json!({ "jti": n })))).collect();
    let checks = tokens.iter().map(|token| stand.verifier.verify(token));
    for checked in futures::future::join_all(checks).await {
        checked.unwrap();
    }
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_not_the_callers_fault() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({})));
    stand.known.broken.store(true, Ordering::SeqCst);
    assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Unavailable(_))));
    stand.known.broken.store(false, Ordering::SeqCst);
    assert!(stand.verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn known_keys_carry_on_for_a_day_while_they_cannot_be_read_again() {
    let stand = Stand::new();
    let lasting = |jti: u32| stand.token(&claims(json!({ "jti": jti, "exp": NOW + 2 * 24 * 3600 })));
    assert!(stand.verifier.verify(&lasting(1)).await.is_ok());
    stand.known.broken.store(true, Ordering::SeqCst);
    stand.clock.forward(600 * S);
    assert!(stand.verifier.verify(&lasting(2)).await.is_ok());
    stand.clock.forward(23 * 3600 * S);
    assert!(stand.verifier.verify(&lasting(3)).await.is_ok());
    settled().await;
    stand.clock.forward(3600 * S);
    for jti in [1, 4] {
        assert!(matches!(stand.verifier.verify(&lasting(jti)).await, Err(AuthError::Unavailable(_))));
    }
    stand.known.broken.store(false, Ordering::SeqCst);
    stand.clock.forward(10 * S);
    assert!(stand.verifier.verify(&lasting(5)).await.is_ok());
}

/// On a paused clock, a wait is seen by what it took.
#[tokio::test(start_paused = true)]
async fn nobody_queues_behind_a_silent_issuer() {
    let stand = Stand::new();
    let known = |jti: u32| stand.token(&claims(json!({ "jti": jti })));
    assert!(stand.verifier.verify(&known(0)).await.is_ok());
    stand.known.silent.store(true, Ordering::SeqCst);
    stand.clock.forward(400 * S);
    let began = tokio::time::Instant::now();
    let made_up: Vec<_> = (0..40).map(|n| stand.signer.token(&format!("made-up-{n}"), &claims(json!({})))).collect();
    let waiting = futures::future::join_all(made_up.iter().map(|token| stand.verifier.verify(token)));
    let mut waiting = Box::pin(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    // Keys that are known are known, whoever waits for others.
    for jti in 1..40 {
        assert!(stand.verifier.verify(&known(jti)).await.is_ok());
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    for refused in waiting.await {
        assert!(matches!(refused, Err(AuthError::Invalid(_))), "there are keys: this is none of them");
    }
    assert_eq!(began.elapsed(), 5 * S, "all of them waited for the same question");
    assert_eq!(stand.known.read.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn without_any_keys_a_silent_issuer_is_not_the_callers_fault() {
    let stand = Stand::new();
    stand.known.silent.store(true, Ordering::SeqCst);
    let began = tokio::time::Instant::now();
    let token = stand.token(&claims(json!({})));
    for _ in 0..3 {
        let both = tokio::join!(stand.verifier.verify(&token), stand.verifier.verify(&token));
        assert!(matches!(both, (Err(AuthError::Unavailable(_)), Err(AuthError::Unavailable(_)))));
    }
    assert_eq!(began.elapsed(), 15 * S);
    // It was asked often enough.
    assert!(matches!(stand.verifier.verify(&token).await, Err(AuthError::Unavailable(_))));
    assert_eq!(began.elapsed(), 15 * S);
    stand.known.silent.store(false, Ordering::SeqCst);
    stand.clock.forward(10 * S);
    assert!(stand.verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn nothing_personal_in_debug_output() {
    let stand = Stand::new();
    let token = stand.token(&claims(json!({ "email": "ada@example.com" })));
    let shown = format!("{:?}", stand.verifier.verify(&token).await.unwrap());
    for secret in ["ada@example.com", "5d3b", "admin\"", token.as_str()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
