//! What a sign-in does for every verb: tokens, their renewal, tries, and words for what goes wrong.

use serde_json::{Value, json};

use super::fake::Fake;
use super::shell;

const REFRESH: &str = "AWSCognitoIdentityProviderService.InitiateAuth REFRESH_TOKEN_AUTH";
const GET: &str = "GET /tenants/t1";
const PAST: &str = "2001-01-01T00:00:00.000Z";

fn tenant() -> Value {
    json!({ "data": { "tenantId": "t1" } })
}

fn renewed() -> Value {
    json!({ "AuthenticationResult": { "AccessToken": "access-2", "ExpiresIn": 3600 } })
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_before_it_is_used() {
    let fake = Fake::start().await;
    fake.keep("access-1", PAST, &json!({ "refreshToken": "refresh-1" }));
    fake.on(REFRESH, 200, renewed()).on(GET, 200, tenant());
    shell(&fake, "tenants get t1").await.well();
    shell(&fake, "tenants get t1").await.well();
    assert_eq!(fake.asked(REFRESH).len(), 1, "the new one is kept");
    assert_eq!(fake.asked(REFRESH)[0].json()["AuthParameters"]["REFRESH_TOKEN"], "refresh-1");
    for asked in fake.asked(GET) {
        assert_eq!(asked.header("authorization"), Some("Bearer access-2"));
    }
    let file = std::fs::read_to_string(fake.session_file()).unwrap();
    assert!(file.contains("refresh-1"), "the refresh token stays: {file}");
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_renewed_once() {
    let fake = Fake::signed_in().await;
    fake.on(GET, 401, json!({ "message": "The token is not valid." })).on(GET, 200, tenant()).on(
        REFRESH,
        200,
        renewed(),
    );
    shell(&fake, "tenants get t1").await.well();
    assert_eq!(fake.asked(GET)[1].header("authorization"), Some("Bearer access-2"));

    let fake = Fake::signed_in().await;
    fake.on(GET, 401, json!({ "message": "No." })).on(REFRESH, 200, renewed());
    let done = shell(&fake, "tenants get t1").await;
    assert!(done.error().contains("tenantry login"), "{done:?}");
    assert_eq!(fake.asked(GET).len(), 2);
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_how() {
    let fake = Fake::start().await;
    assert_eq!(shell(&fake, "tenants list").await.error(), "not signed in: run `tenantry login`");
    fake.keep("access-1", PAST, &json!({ "refreshToken": "refresh-1" }));
    fake.on(REFRESH, 400, json!({ "__type": "NotAuthorizedException", "message": "Invalid Refresh Token" }));
    let done = shell(&fake, "tenants list").await;
    assert_eq!(done.error(), "the sign-in has ended: run `tenantry login` again (Invalid Refresh Token)");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let fake = Fake::signed_in().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let line = format!("tenants config acme --session {} --api-url http://{closed}", fake.session_file().display());
    let words = ["tenantry"].into_iter().chain(line.split(' '));
    let command = <super::Shell as clap::Parser>::try_parse_from(words).unwrap().command;
    let error = super::dispatch(command, &mut super::Console::standard()).await.unwrap_err().to_string();
    let said = format!("cannot reach http://{closed}: is `tenantry up` running?");
    assert!(error.starts_with(&said), "{error}");
}

#[tokio::test]
async fn a_post_is_tried_again_with_the_same_key() {
    let fake = Fake::signed_in().await;
    let line = "POST /users";
    fake.on(line, 503, json!({ "message": "Busy." })).on(line, 201, json!({ "data": { "userName": "ada" } }));
    shell(&fake, "users create ada --email ada@example.com --role SystemViewer").await.well();
    shell(&fake, "users create bob --email bob@example.com --role SystemViewer").await.well();
    let asked = fake.asked(line);
    let keys: Vec<_> = asked.iter().map(|asked| asked.header("idempotency-key").unwrap()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
    assert_eq!(asked[0].body, asked[1].body);
}

#[tokio::test]
async fn a_refusal_is_final_and_names_the_field() {
    let fake = Fake::signed_in().await;
    let errors = json!([{ "field": "email", "rule": "must be an e-mail address" }]);
    fake.on("POST /users", 422, json!({ "message": "A field is wrong.", "errors": errors }));
    let done = shell(&fake, "users create ada --email x --role y").await;
    assert_eq!(done.error(), "A field is wrong. (422)\n  email must be an e-mail address");
    assert_eq!(fake.asked("POST /users").len(), 1);
}
