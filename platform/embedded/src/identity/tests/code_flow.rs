//! Authorization code with PKCE, as a browser and its application do it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Response, Url};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::support::{Issuer, PORTAL, issuer};

const NEW: &str = "Chosen-pass-1";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A browser with one pool's cookies.
#[derive(Default)]
struct Browser {
    cookies: std::collections::BTreeMap<String, String>,
}

impl Browser {
    async fn get(&mut self, issuer: &Issuer, url: &str) -> Response {
        let answer = issuer.http.get(url).header(COOKIE, self.header()).send().await.unwrap();
        self.keep(&answer);
        answer
    }

    async fn post(&mut self, issuer: &Issuer, url: &str, form: &[(&str, &str)]) -> Response {
        let answer = issuer.http.post(url).header(COOKIE, self.header()).form(form).send().await.unwrap();
        self.keep(&answer);
        answer
    }

    fn header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Response) {
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn authorize(issuer: &Issuer, change: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut query = vec![
        ("client_id", issuer.admin.user_client.as_str()),
        ("redirect_uri", PORTAL),
        ("response_type", "code"),
        ("scope", "openid tenant/tenant_read"),
        ("state", "a&b"),
        ("nonce", "n-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in change {
        query.retain(|(known, _)| known != name);
        query.push((name, value));
    }
    format!("{}/oauth2/authorize?{}", issuer.admin.issuer, serde_urlencoded::to_string(query).unwrap())
}

fn location(answer: &Response) -> String {
    answer.headers()[LOCATION].to_str().unwrap().to_owned()
}

fn member(url: &str, name: &str) -> Option<String> {
    Url::parse(url).unwrap().query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn hidden(html: &str, name: &str) -> String {
    let after = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

/// From the application to the page, through both forms, and back with a code.
async fn sign_in(issuer: &Issuer, browser: &mut Browser) -> String {
    let answer = browser.get(issuer, &authorize(issuer, &[])).await;
    let page = format!("{}{}", issuer.base, location(&answer));
    let html = browser.get(issuer, &page).await.text().await.unwrap();
    let csrf = hidden(&html, "csrf");
    let once = &issuer.admin.first_admin.password;
    let form = [("csrf", csrf.as_str()), ("username", "admin"), ("password", once)];
    let html = browser.post(issuer, &page, &form).await.text().await.unwrap();
    let session = hidden(&html, "session");
    let short = [("csrf", csrf.as_str()), ("session", &session), ("new_password", "short"), ("again", "short")];
    let html = browser.post(issuer, &page, &short).await.text().await.unwrap();
    assert!(html.contains("The new password still needs:<"), "{html}");
    let form = [("csrf", csrf.as_str()), ("session", &session), ("new_password", NEW), ("again", NEW)];
    let answer = browser.post(issuer, &page, &form).await;
    assert_eq!(answer.status(), 303);
    let back = location(&answer);
    assert!(back.starts_with(&format!("{PORTAL}?code=")), "{back}");
    assert_eq!(member(&back, "state").as_deref(), Some("a&b"));
    member(&back, "code").unwrap()
}

async fn redeem(issuer: &Issuer, code: &str, redirect: &str, verifier: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", issuer.admin.user_client.as_str()),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ];
    issuer.form(&format!("/{}/oauth2/token", issuer.admin.pool), &form).await
}

/// The tokens of the first admin, signed in by the page.
pub(super) async fn signed_in(issuer: &Issuer) -> Value {
    let code = sign_in(issuer, &mut Browser::default()).await;
    redeem(issuer, &code, PORTAL, VERIFIER).await.1
}

#[tokio::test]
async fn from_the_application_through_the_page_and_back() {
    let issuer = issuer().await;
    let mut browser = Browser::default();
    let code = sign_in(&issuer, &mut browser).await;
    let (status, tokens) = redeem(&issuer, &code, PORTAL, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let access = issuer.claims(&issuer.admin.pool, &tokens["access_token"]).await.unwrap();
    assert_eq!(access["scope"], "openid tenant/tenant_read");
    let id = issuer.claims(&issuer.admin.pool, &tokens["id_token"]).await.unwrap();
    assert_eq!((&id["nonce"], &id["origin_jti"]), (&json!("n-1"), &access["origin_jti"]));

    let info = format!("{}/oauth2/userInfo", issuer.admin.issuer);
    let bearer = tokens["access_token"].as_str().unwrap();
    let answer = issuer.http.get(&info).bearer_auth(bearer).send().await.unwrap();
    let said: Value = answer.json().await.unwrap();
    assert_eq!((&said["sub"], &said["email"]), (&id["sub"], &json!("admin@example.com")));

    // The browser is signed in: the next application gets its code at once.
    let answer = browser.get(&issuer, &authorize(&issuer, &[("prompt", "none")])).await;
    assert!(member(&location(&answer), "code").is_some());

    // Refresh, revoke, and it is over.
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let client = issuer.admin.user_client.as_str();
    let form = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", refresh)];
    let path = format!("/{}/oauth2/token", issuer.admin.pool);
    let (status, renewed) = issuer.form(&path, &form).await;
    assert_eq!((status, renewed.get("refresh_token")), (200, None));
    let revoke = format!("/{}/oauth2/revoke", issuer.admin.pool);
    assert_eq!(issuer.form(&revoke, &[("client_id", client), ("token", refresh)]).await.0, 200);
    assert_eq!(issuer.form(&path, &form).await.1["error"], "invalid_grant");
    let answer = issuer.http.get(&info).bearer_auth(bearer).send().await.unwrap();
    assert_eq!(answer.status(), 401, "the access token of an ended session tells nothing any more");
}

#[tokio::test]
async fn logout_ends_the_session_before_it_redirects() {
    let issuer = issuer().await;
    let mut browser = Browser::default();
    sign_in(&issuer, &mut browser).await;
    let stolen = Browser { cookies: browser.cookies.clone() };
    let client = issuer.admin.user_client.as_str();
    let url = |uri: &str| format!("{}/logout?client_id={client}&logout_uri={uri}", issuer.admin.issuer);
    assert_eq!(browser.get(&issuer, &url("http://evil.example")).await.status(), 400);
    let answer = browser.get(&issuer, &url(PORTAL)).await;
    assert_eq!((answer.status().as_u16(), location(&answer).as_str()), (302, PORTAL));
    for mut browser in [browser, stolen] {
        let answer = browser.get(&issuer, &authorize(&issuer, &[("prompt", "none")])).await;
        assert_eq!(member(&location(&answer), "error").as_deref(), Some("login_required"));
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_whom_it_was_given() {
    let issuer = issuer().await;
    let mut browser = Browser::default();
    sign_in(&issuer, &mut browser).await;
    let fresh = async |browser: &mut Browser| {
        member(&location(&browser.get(&issuer, &authorize(&issuer, &[])).await), "code").unwrap()
    };
    let code = fresh(&mut browser).await;
    let wrong = VERIFIER.replace('d', "e");
    assert_eq!(redeem(&issuer, &code, PORTAL, &wrong).await.1["error"], "invalid_grant");
    assert_eq!(redeem(&issuer, &code, PORTAL, VERIFIER).await.1["error"], "invalid_grant", "a wrong try spends it");
    let code = fresh(&mut browser).await;
    let slash = format!("{PORTAL}/");
    assert_eq!(redeem(&issuer, &code, &slash, VERIFIER).await.1["error"], "invalid_grant");

    let code = fresh(&mut browser).await;
    let (_, tokens) = redeem(&issuer, &code, PORTAL, VERIFIER).await;
    assert_eq!(redeem(&issuer, &code, PORTAL, VERIFIER).await.1["error"], "invalid_grant");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let client = issuer.admin.user_client.as_str();
    let form = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", refresh)];
    let again = issuer.form(&format!("/{}/oauth2/token", issuer.admin.pool), &form).await;
    assert_eq!(again.1["error"], "invalid_grant", "a code that comes twice ends what came of it");

    let code = fresh(&mut browser).await;
    issuer.clock.forward(std::time::Duration::from_secs(61));
    assert_eq!(redeem(&issuer, &code, PORTAL, VERIFIER).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn an_unknown_application_is_never_redirected_to() {
    let issuer = issuer().await;
    let mut browser = Browser::default();
    for change in [
        ("redirect_uri", "http://localhost:5173/"),
        ("redirect_uri", "http://evil.example"),
        ("client_id", "nobody"),
        ("client_id", issuer.admin.machine_client.as_str()),
    ] {
        let answer = browser.get(&issuer, &authorize(&issuer, &[change])).await;
        assert_eq!((answer.status().as_u16(), answer.headers().get(LOCATION)), (400, None), "{change:?}");
    }
    for (change, error) in [
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "openid everything"), "invalid_scope"),
    ] {
        let back = location(&browser.get(&issuer, &authorize(&issuer, &[change])).await);
        assert!(back.starts_with(&format!("{PORTAL}?error={}", error.replace('_', "%5F"))), "{back}");
    }
}
