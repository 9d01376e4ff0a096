//! Every route of the issuers with every kind of token that must not open it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tenantry_contract::resource::Owner;

use super::super::keys::SigningKey;
use super::super::router;
use super::code_flow::signed_in;
use super::support::{Issuer, issuer, tenant};

/// What opens a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Nothing: it is public, or what it asks for is in its body and its cookies.
    Nothing,
    /// A client's secret, or its id where it has none.
    Client,
    /// A person's access token.
    AccessToken,
    /// The token of the service that manages the pool's users.
    ServiceToken,
}

/// A route that the router has and this has not fails.
const ROUTES: [(&str, &str, By); 16] = [
    ("GET", "/{pool}/.well-known/openid-configuration", By::Nothing),
    ("GET", "/{pool}/.well-known/jwks.json", By::Nothing),
    ("GET", "/{pool}/oauth2/authorize", By::Nothing),
    ("GET", "/{pool}/login", By::Nothing),
    ("POST", "/{pool}/login", By::Nothing),
    ("GET", "/{pool}/logout", By::Nothing),
    ("POST", "/", By::Nothing),
    ("POST", "/{pool}/oauth2/token", By::Client),
    ("POST", "/{pool}/oauth2/revoke", By::Client),
    ("GET", "/{pool}/oauth2/userInfo", By::AccessToken),
    ("POST", "/{pool}/oauth2/userInfo", By::AccessToken),
    ("GET", "/{pool}/admin/users/{tenant}", By::ServiceToken),
    ("POST", "/{pool}/admin/users/{tenant}", By::ServiceToken),
    ("GET", "/{pool}/admin/users/{tenant}/{name}", By::ServiceToken),
    ("PUT", "/{pool}/admin/users/{tenant}/{name}", By::ServiceToken),
    ("DELETE", "/{pool}/admin/users/{tenant}/{name}", By::ServiceToken),
];

struct Stand {
    issuer: Issuer,
    tokens: Value,
    key: SigningKey,
}

impl Stand {
    async fn new() -> Self {
        let issuer = issuer().await;
        let tokens = signed_in(&issuer).await;
        let key = issuer.identity.signing_key(issuer.admin.pool.as_str()).await.unwrap();
        Self { issuer, tokens, key }
    }

    fn access(&self) -> String {
        self.tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// The claims of a good access token, with some changed.
    fn claims(&self, changes: &Value) -> Value {
        let token = self.access();
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let mut claims: Map<String, Value> = serde_json::from_slice(&payload).unwrap();
        claims.extend(changes.as_object().unwrap().clone());
        Value::Object(claims)
    }

    /// Signed by the pool's own key.
    fn signed(&self, changes: &Value) -> String {
        sign(&self.key.kid, &self.key.encoding(), &self.claims(changes))
    }

    /// Tokens that are not valid, but for one fault the first admin's; and none at all.
    fn not_valid(&self) -> Vec<(&'static str, Option<String>)> {
        let now = self.issuer.identity.now().seconds();
        let good = self.claims(&json!({}));
        let unsigned = |alg: &str| {
            let header = json!({ "alg": alg, "kid": self.key.kid });
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}", part(&header), part(&good))
        };
        let strangers = SigningKey::make(self.key.kid.clone(), self.issuer.identity.now()).unwrap();
        let others = format!("{}/local_strange", self.issuer.base);
        vec![
            ("none at all", None),
            ("no token", Some("hello".to_owned())),
            ("expired", Some(self.signed(&json!({ "exp": now - 1 })))),
            ("wrong issuer", Some(self.signed(&json!({ "iss": others })))),
            ("wrong token_use", Some(self.signed(&json!({ "token_use": "refresh" })))),
            ("an ID token", Some(self.tokens["id_token"].as_str().unwrap().to_owned())),
            ("a refresh token", Some(self.tokens["refresh_token"].as_str().unwrap().to_owned())),
            ("an ended session's", Some(self.signed(&json!({ "origin_jti": "ended" })))),
            ("nobody's", Some(self.signed(&json!({ "sub": "nobody" })))),
            ("alg none", Some(format!("{}.", unsigned("none")))),
            ("HS256 with the public key", Some(self.hs256(&unsigned("HS256")))),
            ("unknown kid", Some(sign("strange", &self.key.encoding(), &good))),
            ("another's key", Some(sign(&self.key.kid, &strangers.encoding(), &good))),
        ]
    }

    fn hs256(&self, message: &str) -> String {
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&self.key.encoding(), Algorithm::ES256).unwrap();
        let public = EncodingKey::from_secret(serde_json::to_string(&jwk).unwrap().as_bytes());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &public, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }

    async fn call(&self, method: &str, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let path = path.replace("{pool}", self.issuer.admin.pool.as_str());
        let path = path.replace("{tenant}", "t-1").replace("{name}", "ada");
        let method: Method = method.parse().unwrap();
        let mut request = self.issuer.http.request(method.clone(), format!("{}{path}", self.issuer.base));
        if method == Method::POST {
            request = request.form(&[("grant_type", "client_credentials"), ("token", "any")]);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }
}

fn sign(kid: &str, key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// The router's paths, as it shows them to a programmer: axum tells them nowhere else.
fn paths(router: &Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let own = shown.split_once("fallback_router").map_or(shown.as_str(), |(own, _)| own);
    let named = own.split("RouteId(").filter_map(|part| part.split_once("): \"")?.1.split_once('"'));
    named.map(|(path, _)| path.to_owned()).collect()
}

#[tokio::test]
async fn every_route_is_named_here() {
    let stand = Stand::new().await;
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (method, path, _) in ROUTES {
        named.entry(path).or_default().insert(method);
    }
    let found = paths(&router(stand.issuer.identity.clone()));
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), named.keys().copied().collect::<Vec<_>>());
    for (path, methods) in named {
        let url = format!("{}{}", stand.issuer.base, path.replace(['{', '}'], ""));
        let answer = stand.issuer.http.request(Method::TRACE, url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed: BTreeSet<_> = answer.headers()["allow"].to_str().unwrap().split(',').collect();
        assert_eq!(allowed.into_iter().filter(|m| *m != "HEAD").collect::<BTreeSet<_>>(), methods, "{path}");
    }
}

#[tokio::test]
async fn no_route_opens_to_a_stranger() {
    let stand = Stand::new().await;
    let identity = &stand.issuer.identity;
    let (other, _) = identity.ensure_pool(&Owner::Tenant(tenant("t-9"))).await.unwrap();
    let service = identity.service_token(&stand.issuer.admin.pool);
    let mut tokens = stand.not_valid();
    tokens.push(("another pool's service token", Some(identity.service_token(&other))));
    for (method, path, by) in ROUTES.into_iter().filter(|(_, _, by)| *by != By::Nothing) {
        let more = match by {
            By::ServiceToken => ("an access token", stand.access()),
            _ => ("the service's token", service.clone()),
        };
        let more = (more.0, Some(more.1));
        for (what, token) in tokens.iter().chain([&more]) {
            let (status, body) = stand.call(method, path, token.as_deref()).await;
            if by == By::Client {
                // It has no use for a bearer token: without one, the client does not say who it is.
                let expected = if token.is_some() { 401 } else { 400 };
                assert_eq!(status, expected, "{method} {path}: {what}");
                assert!(body.get("access_token").is_none(), "{method} {path}: {what}");
            } else {
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}: {what}");
            }
        }
    }
}

#[tokio::test]
async fn a_good_token_that_allows_less_is_forbidden() {
    let stand = Stand::new().await;
    for (method, path, _) in ROUTES.into_iter().filter(|(_, _, by)| *by == By::AccessToken) {
        assert_eq!(stand.call(method, path, Some(&stand.access())).await.0, StatusCode::OK, "{method} {path}");
        let narrow = stand.signed(&json!({ "scope": "tenant/tenant_read" }));
        let (status, body) = stand.call(method, path, Some(&narrow)).await;
        assert_eq!((status, &body["error"]), (StatusCode::FORBIDDEN, &json!("insufficient_scope")), "{method} {path}");
    }
}
