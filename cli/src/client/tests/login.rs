//! Signing in.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::fake::Fake;
use super::{shell, shell_with};

const INITIATE: &str = "AWSCognitoIdentityProviderService.InitiateAuth USER_PASSWORD_AUTH";
const RESPOND: &str = "AWSCognitoIdentityProviderService.RespondToAuthChallenge ";

fn credentials(fake: &Fake) -> String {
    let contents = json!({
        "apiUrl": format!("{}/", fake.url()), "gatewayUrl": "http://127.0.0.1:1/", "portalUrl": null,
        "issuer": format!("{}/local_admins", fake.url()), "userClientId": "people",
        "admin": { "userName": "admin", "password": "first" },
        "machine": { "clientId": "machines", "clientSecret": "s3cret" },
    });
    fake.file("credentials.json", &contents.to_string())
}

fn tokens() -> Value {
    let tokens = json!({ "AccessToken": "a1", "RefreshToken": "r1", "IdToken": "i1", "ExpiresIn": 3600 });
    json!({ "AuthenticationResult": tokens, "ChallengeParameters": {} })
}

fn kept(fake: &Fake) -> Value {
    let file: Value = serde_json::from_slice(&std::fs::read(fake.session_file()).unwrap()).unwrap();
    file["sessions"][fake.url()].clone()
}

#[tokio::test]
async fn with_the_first_password_a_new_one_is_chosen() {
    let fake = Fake::start().await;
    fake.on(INITIATE, 200, json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s1" })).on(
        RESPOND,
        200,
        tokens(),
    );
    let line = format!("login --credentials {} --new-password-stdin", credentials(&fake));
    let out = shell_with(&fake, &line, "my new one\n").await.well();
    assert_eq!(out, format!("Signed in to {} as admin.\n", fake.url()));

    let asked = fake.asked(INITIATE)[0].json();
    assert_eq!(asked["ClientId"], "people");
    assert_eq!(asked["AuthParameters"], json!({ "USERNAME": "admin", "PASSWORD": "first" }));
    let chosen = fake.asked(RESPOND)[0].json();
    assert_eq!(chosen["Session"], "s1");
    assert_eq!(chosen["ChallengeResponses"], json!({ "USERNAME": "admin", "NEW_PASSWORD": "my new one" }));

    assert_eq!(kept(&fake)["accessToken"], "a1");
    assert_eq!(kept(&fake)["renewal"], json!({ "refreshToken": "r1" }));
    assert_eq!(std::fs::metadata(fake.session_file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn with_a_password_from_a_script() {
    let fake = Fake::start().await;
    fake.on(INITIATE, 200, tokens());
    let issuer = format!("{}/local_admins", fake.url());
    let line = format!("login --user ada --password-stdin --issuer {issuer} --client-id people");
    shell_with(&fake, &line, "pass word\n").await.well();
    let parameters = fake.asked(INITIATE)[0].json()["AuthParameters"].clone();
    assert_eq!(parameters, json!({ "USERNAME": "ada", "PASSWORD": "pass word" }));
    // The next time the issuer is known.
    shell_with(&fake, "login --user ada --password-stdin", "pass word\n").await.well();
}

#[tokio::test]
async fn as_the_machine() {
    let fake = Fake::start().await;
    let endpoint = format!("{}/elsewhere/token", fake.url());
    fake.on("GET /local_admins/.well-known/openid-configuration", 200, json!({ "token_endpoint": endpoint }));
    fake.on("POST /elsewhere/token", 200, json!({ "access_token": "m1", "token_type": "Bearer", "expires_in": 3600 }));
    shell(&fake, &format!("login --machine --credentials {}", credentials(&fake))).await.well();
    let asked = &fake.asked("POST /elsewhere/token")[0];
    assert_eq!(asked.header("authorization"), Some("Basic bWFjaGluZXM6czNjcmV0"));
    assert_eq!(asked.body, "grant_type=client_credentials");
    assert_eq!(kept(&fake)["renewal"], json!({ "clientSecret": "s3cret" }));
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    let fake = Fake::start().await;
    let file = credentials(&fake);
    let wrong = json!({ "__type": "NotAuthorizedException", "message": "Incorrect username or password." });
    fake.on(INITIATE, 400, wrong);
    let refused = shell(&fake, &format!("login --credentials {file}")).await;
    assert_eq!(refused.error(), "sign-in refused: Incorrect username or password.");
    assert!(!fake.session_file().exists());
    let unknown = shell(&fake, "login --user ada").await;
    assert!(unknown.error().contains("--credentials DIR/credentials.json"), "{unknown:?}");
    let missing = shell(&fake, "login --credentials /nowhere/credentials.json").await;
    assert!(missing.error().contains("/nowhere/credentials.json"), "{missing:?}");
    let spoilt = shell(&fake, &format!("login --credentials {}", fake.file("c.json", "{}"))).await;
    assert!(spoilt.error().contains("is not a credentials.json"), "{spoilt:?}");
    let nobody = shell(&fake, &format!("login --credentials {file} --user else")).await;
    assert!(nobody.error().contains("--password-stdin"), "nobody to ask: {nobody:?}");
}
