//! Signing in without a browser.

use std::time::Duration;

use serde_json::json;
use tenantry_contract::name::Email;
use tenantry_ports::identity::{AdminChange, Admins, Made, NewAdmin};

use super::support::{facts, issuer};

const NEW: &str = "Chosen-pass-1";

#[tokio::test]
async fn the_first_admin_must_choose_a_password() {
    let issuer = issuer().await;
    let (client, first) = (&issuer.admin.user_client, &issuer.admin.first_admin);
    let (_, asked) = issuer.password_auth(client, "admin", &first.password).await;
    assert_eq!(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let session = &asked["Session"];

    let (status, unfit) = issuer.choose(client, session, "admin", "weak").await;
    assert_eq!((status, &unfit["__type"]), (400, &json!("InvalidPasswordException")));
    let (_, other) = issuer.choose(client, &json!("made-up"), "admin", NEW).await;
    assert_eq!(other["__type"], "NotAuthorizedException");

    let (status, done) = issuer.choose(client, session, "admin", NEW).await;
    assert_eq!(status, 200, "{done}");
    let result = &done["AuthenticationResult"];
    let access = issuer.claims(&issuer.admin.pool, &result["AccessToken"]).await.unwrap();
    assert_eq!(access["token_use"], "access");
    assert_eq!(access["client_id"], json!(client));
    assert_eq!(access["scope"], "aws.cognito.signin.user.admin");
    assert_eq!(access["username"], "admin");
    assert_eq!(access["cognito:groups"], json!(["SystemAdmin"]));
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 3600);
    let id = issuer.claims(&issuer.admin.pool, &result["IdToken"]).await.unwrap();
    assert_eq!((&id["token_use"], &id["aud"], &id["sub"]), (&json!("id"), &json!(client), &access["sub"]));
    assert_eq!(id["cognito:username"], "admin");

    // The session was good once, and the one-time password is over.
    let (_, twice) = issuer.choose(client, session, "admin", "Another-pass-1").await;
    assert_eq!(twice["__type"], "NotAuthorizedException");
    let (_, old) = issuer.password_auth(client, "admin", &first.password).await;
    assert_eq!(old["__type"], "NotAuthorizedException");
    let (status, done) = issuer.password_auth(client, "admin", NEW).await;
    assert_eq!(status, 200, "{done}");
    // What is told of the first admin stays the same.
    assert_eq!(issuer.identity.ensure_admin_pool().await.unwrap(), issuer.admin);
}

#[tokio::test]
async fn a_challenge_ends_with_its_time_and_belongs_to_its_user() {
    let issuer = issuer().await;
    let (client, first) = (&issuer.admin.user_client, &issuer.admin.first_admin);
    let (_, asked) = issuer.password_auth(client, "admin", &first.password).await;
    let (_, other) = issuer.choose(client, &asked["Session"], "somebody", NEW).await;
    assert_eq!(other["__type"], "NotAuthorizedException");
    let (_, asked) = issuer.password_auth(client, "admin", &first.password).await;
    issuer.clock.forward(Duration::from_secs(181));
    let (_, late) = issuer.choose(client, &asked["Session"], "admin", NEW).await;
    assert_eq!(late["__type"], "NotAuthorizedException");
}

#[tokio::test]
async fn nobody_learns_which_names_exist_and_guessing_is_slowed() {
    let issuer = issuer().await;
    let client = &issuer.admin.user_client;
    let wrong = issuer.password_auth(client, "admin", "Wrong-pass-1").await;
    assert_eq!(wrong, issuer.password_auth(client, "nobody", "Wrong-pass-1").await);
    assert_eq!(wrong.1["__type"], "NotAuthorizedException");
    for _ in 0..4 {
        issuer.password_auth(client, "admin", "Wrong-pass-1").await;
    }
    let right = &issuer.admin.first_admin.password;
    let (status, slowed) = issuer.password_auth(client, "admin", right).await;
    assert_eq!((status, &slowed["__type"]), (400, &json!("NotAuthorizedException")));
    assert_eq!(slowed["message"], "Password attempts exceeded");
    // A name that nobody has is locked in the same way.
    for _ in 0..4 {
        issuer.password_auth(client, "nobody", "Wrong-pass-1").await;
    }
    assert_eq!(issuer.password_auth(client, "nobody", "Wrong-pass-1").await, (status, slowed));
    issuer.clock.forward(Duration::from_secs(2));
    let (status, _) = issuer.password_auth(client, "admin", right).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let issuer = issuer().await;
    let identity = &issuer.identity;
    let client = &issuer.admin.user_client;
    let new = NewAdmin {
        name: "ada".to_owned(),
        email: Email::parse("ada@example.com").unwrap(),
        role: "SystemViewer".to_owned(),
    };
    let Made::New(ada) = Admins::create(identity, new.clone()).await.unwrap() else { panic!("taken") };
    assert_eq!(ada.status, "FORCE_CHANGE_PASSWORD");
    assert_eq!(Admins::create(identity, new).await.unwrap(), Made::Taken);
    let tokens = issuer.first_sign_in(client, "ada", &issuer.mailed_password("ada@example.com"), NEW).await;
    assert_eq!(Admins::get(identity, "ada").await.unwrap().unwrap().status, "CONFIRMED");
    let (status, refreshed) = issuer.refresh_auth(client, &tokens["RefreshToken"]).await;
    assert_eq!(status, 200, "{refreshed}");

    // A role that names a group is the group; another is none.
    let groups = async |token: &serde_json::Value| {
        issuer.claims(&issuer.admin.pool, token).await.unwrap()["cognito:groups"].clone()
    };
    assert_eq!(groups(&refreshed["AuthenticationResult"]["AccessToken"]).await, json!(["SystemViewer"]));
    let role = |role: &str| AdminChange { role: Some(role.to_owned()), email: None };
    assert!(Admins::update(identity, "ada", role("Accountant")).await.unwrap());
    let (_, refreshed) = issuer.refresh_auth(client, &tokens["RefreshToken"]).await;
    assert_eq!(groups(&refreshed["AuthenticationResult"]["AccessToken"]).await, json!(null));

    assert!(identity.set_enabled("ada", false).await.unwrap());
    let (_, refused) = issuer.refresh_auth(client, &tokens["RefreshToken"]).await;
    assert_eq!(refused["__type"], "NotAuthorizedException");
    let (_, refused) = issuer.password_auth(client, "ada", NEW).await;
    assert_eq!(refused["__type"], "NotAuthorizedException");
    assert!(identity.set_enabled("ada", true).await.unwrap());
    let (_, refused) = issuer.refresh_auth(client, &tokens["RefreshToken"]).await;
    assert_eq!(refused["__type"], "NotAuthorizedException", "what was ended stays ended");
    assert_eq!(issuer.password_auth(client, "ada", NEW).await.0, 200);
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_in_cognitos_words() {
    let issuer = issuer().await;
    let client = &issuer.admin.user_client;
    let body = json!({ "AuthFlow": "USER_SRP_AUTH", "ClientId": client });
    assert_eq!(issuer.cognito("InitiateAuth", &body).await.1["__type"], "InvalidParameterException");
    let body = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client });
    assert_eq!(issuer.cognito("InitiateAuth", &body).await.1["__type"], "InvalidParameterException");
    let body = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "nobody" });
    assert_eq!(issuer.cognito("InitiateAuth", &body).await.1["__type"], "ResourceNotFoundException");
    let body = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": issuer.admin.machine_client });
    assert_eq!(issuer.cognito("InitiateAuth", &body).await.1["__type"], "NotAuthorizedException");
    assert_eq!(issuer.cognito("SignUp", &json!({})).await.1["__type"], "UnknownOperationException");
    assert_eq!(issuer.cognito("InitiateAuth", &json!([])).await.1["__type"], "SerializationException");
}

#[tokio::test]
async fn a_tenant_user_signs_in_by_e_mail_and_cannot_write_attributes() {
    let issuer = issuer().await;
    let (pool, client) = issuer.stage().await;
    issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "Ada@Example.com")).await.unwrap();
    let once = issuer.mailed_password("Ada@Example.com");
    let (_, asked) = issuer.password_auth(&client, "ada@EXAMPLE.com", &once).await;
    let responses =
        json!({ "USERNAME": "ada@example.com", "NEW_PASSWORD": NEW, "userAttributes.custom:tenantId": "t-2" });
    let body = json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "ClientId": client, "Session": asked["Session"],
        "ChallengeResponses": responses });
    assert_eq!(issuer.cognito("RespondToAuthChallenge", &body).await.1["__type"], "NotAuthorizedException");
    let (_, done) = issuer.choose(&client, &asked["Session"], "ada@example.com", NEW).await;
    let id = issuer.claims(&pool, &done["AuthenticationResult"]["IdToken"]).await.unwrap();
    assert_eq!(id["email"], "Ada@Example.com");
    assert_eq!(id["cognito:username"], id["sub"]);
    for (claim, value) in
        [("tenantId", "t-1"), ("tenantTier", "basic"), ("tenantName", "acme"), ("userRole", "TenantAdmin")]
    {
        assert_eq!(id[format!("custom:{claim}")], value);
    }
    assert_eq!(id.get("cognito:groups"), None);
}
