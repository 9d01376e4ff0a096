//! Client credentials.

use serde_json::{Value, json};

use super::support::issuer;

#[tokio::test]
async fn a_machine_gets_the_tenant_scopes_and_nothing_else() {
    let issuer = issuer().await;
    let (client, secret) = (issuer.admin.machine_client.as_str(), issuer.admin.machine_secret.as_str());
    let url = format!("{}/oauth2/token", issuer.admin.issuer);
    let ask = async |id: &str, secret: &str, form: &[(&str, &str)]| {
        let answer = issuer.http.post(&url).basic_auth(id, Some(secret)).form(form).send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        (status, answer.json::<Value>().await.unwrap())
    };
    let grant = ("grant_type", "client_credentials");
    let (status, tokens) = ask(client, secret, &[grant]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!((tokens.get("id_token"), tokens.get("refresh_token")), (None, None));
    let claims = issuer.claims(&issuer.admin.pool, &tokens["access_token"]).await.unwrap();
    assert_eq!(claims["scope"], "tenant/tenant_read tenant/tenant_write");
    assert_eq!((&claims["client_id"], &claims["token_use"]), (&json!(client), &json!("access")));

    let (_, narrow) = ask(client, secret, &[grant, ("scope", "tenant/tenant_read")]).await;
    let claims = issuer.claims(&issuer.admin.pool, &narrow["access_token"]).await.unwrap();
    assert_eq!(claims["scope"], "tenant/tenant_read");

    let wide = ask(client, secret, &[grant, ("scope", "user/user_write")]).await;
    assert_eq!((wide.0, &wide.1["error"]), (400, &json!("invalid_scope")));
    let wrong = ask(client, "guess", &[grant]).await;
    assert_eq!((wrong.0, &wrong.1["error"]), (401, &json!("invalid_client")));
    let person = issuer.admin.user_client.as_str();
    let form = [grant, ("client_id", person)];
    let public = issuer.form(&format!("/{}/oauth2/token", issuer.admin.pool), &form).await;
    assert_eq!(public.1["error"], "unauthorized_client");
    let none = ask(client, secret, &[("grant_type", "password")]).await;
    assert_eq!(none.1["error"], "unsupported_grant_type");
}
