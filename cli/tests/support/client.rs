//! An admin's and a tenant user's HTTP client.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::eventually;
use super::mail::temporary_password;
use super::system::System;

/// The password that people choose at their first sign-in.
const CHOSEN: &str = "Correct-horse-9";

pub struct Client {
    http: reqwest::Client,
    pub api: String,
    pub gateway: String,
    token: String,
}

/// What a tenant's user is after signing in.
pub struct Session {
    pub id_token: String,
    pub access_token: String,
}

impl Client {
    /// Signs in as the machine client.
    pub async fn machine(system: &System) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let answer = http
            .post(format!("{}/oauth2/token", system.credential("/issuer")))
            .basic_auth(system.credential("/machine/clientId"), Some(system.credential("/machine/clientSecret")))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let token: Value = answer.json().await.unwrap();
        // None is what there is of a part that does not run.
        let url = |name: &str| system.credentials[name].as_str().unwrap_or_default();
        let trimmed = |name: &str| url(name).trim_end_matches('/').to_owned();
        Self {
            http,
            api: trimmed("apiUrl"),
            gateway: trimmed("gatewayUrl"),
            token: token["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// With a token got elsewhere.
    pub fn at(api: &str, gateway: &str, token: &str) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { http, api: api.to_owned(), gateway: gateway.to_owned(), token: token.to_owned() }
    }

    async fn send(&self, method: Method, url: String, token: &str, body: Option<&Value>) -> Answer {
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Calls the admin API.
    pub async fn admin(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, format!("{}{path}", self.api), &self.token, body).await
    }

    /// The same; none if there was no answer.
    pub async fn try_admin(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.api)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Some(Answer::of(request.send().await.ok()?).await)
    }

    /// The same with any body of any kind.
    pub async fn raw(&self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.api)).bearer_auth(&self.token);
        Answer::of(request.header("content-type", kind).body(body.to_owned()).send().await.unwrap()).await
    }

    /// Calls the gateway as a tenant's user.
    pub async fn tenant(&self, who: &Session, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, format!("{}{path}", self.gateway), &who.id_token, body).await
    }

    /// Calls any address with any token.
    pub async fn with(&self, token: &str, method: Method, url: &str, body: Option<&Value>) -> Answer {
        self.send(method, url.to_owned(), token, body).await
    }

    /// The machine's own token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Registers a tenant; its registration's id and its own.
    pub async fn register(&self, name: &str, tier: &str) -> (String, String) {
        self.try_register(name, tier).await.expect("an answer")
    }

    /// The same of a system that may die meanwhile: none if there was no answer. The tenant's name is the key under
    /// which it may be sent again.
    pub async fn try_register(&self, name: &str, tier: &str) -> Option<(String, String)> {
        let email = format!("admin@{name}.example.com");
        let body = json!({
            "tenantData": { "tenantName": name, "email": email, "tier": tier },
            "tenantRegistrationData": { "registrationStatus": "In progress" },
        });
        let request = self.http.post(format!("{}/tenant-registrations", self.api)).bearer_auth(&self.token);
        let response = request.header("idempotency-key", name).json(&body).send().await.ok()?;
        let answer = Answer::try_of(response).await?;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let id = |member: &str| answer.body["data"][member].as_str().unwrap().to_owned();
        Some((id("tenantRegistrationId"), id("tenantId")))
    }

    /// The same of a system that may be unable to answer: none unless it was done.
    pub async fn register_if_able(&self, name: &str, tier: &str) -> Option<(String, String)> {
        let email = format!("admin@{name}.example.com");
        let body = json!({
            "tenantData": { "tenantName": name, "email": email, "tier": tier },
            "tenantRegistrationData": { "registrationStatus": "In progress" },
        });
        let request = self.http.post(format!("{}/tenant-registrations", self.api)).bearer_auth(&self.token);
        let response = request.header("idempotency-key", name).json(&body).send().await.ok()?;
        let answer = Answer::try_of(response).await?;
        assert!(answer.status == 201 || answer.status.is_server_error(), "{} {}", answer.status, answer.body);
        let id = |member: &str| Some(answer.body["data"][member].as_str()?.to_owned());
        Some((id("tenantRegistrationId")?, id("tenantId")?))
    }

    /// None if it was not told.
    pub async fn status_if_able(&self, registration: &str) -> Option<String> {
        let answer = self.try_admin(Method::GET, &format!("/tenant-registrations/{registration}"), None).await?;
        Some(answer.body["data"]["registrationStatus"].as_str()?.to_owned())
    }

    pub async fn status(&self, registration: &str) -> String {
        let answer = self.admin(Method::GET, &format!("/tenant-registrations/{registration}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["data"]["registrationStatus"].as_str().unwrap().to_owned()
    }

    /// Waits until a registration has come to `status`; any other end fails at once.
    pub async fn until(&self, registration: &str, status: &str, within: Duration) {
        eventually(&format!("{registration} to be {status}"), within, || async {
            let now = self.status(registration).await;
            assert!(now == status || now != "Failed", "{registration} is {now}");
            (now == status).then_some(())
        })
        .await;
    }

    pub async fn offboard(&self, registration: &str) {
        let answer = self.admin(Method::DELETE, &format!("/tenant-registrations/{registration}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub async fn tenant_config(&self, name: &str) -> Value {
        let answer = self.admin(Method::GET, &format!("/tenant-config/{name}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    async fn cognito(&self, action: &str, body: &Value) -> Answer {
        let request = self
            .http
            .post(format!("{}/", self.api))
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{action}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }

    /// Signs in by Cognito's calls, choosing a new password where one is asked for.
    pub async fn sign_in(&self, client_id: &str, user: &str, password: &str, new_password: &str) -> Session {
        let start = json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": client_id,
            "AuthParameters": { "USERNAME": user, "PASSWORD": password },
        });
        let mut answer = self.cognito("InitiateAuth", &start).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        if answer.body["ChallengeName"] == "NEW_PASSWORD_REQUIRED" {
            let respond = json!({
                "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "ClientId": client_id,
                "Session": answer.body["Session"],
                "ChallengeResponses": { "USERNAME": user, "NEW_PASSWORD": new_password },
            });
            answer = self.cognito("RespondToAuthChallenge", &respond).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        let token = |name: &str| answer.body["AuthenticationResult"][name].as_str().unwrap().to_owned();
        Session { id_token: token("IdToken"), access_token: token("AccessToken") }
    }

    /// The first of the provider's people, signed in for the first time.
    pub async fn first_admin(&self, system: &System) -> Self {
        let (user, password) = (system.credential("/admin/userName"), system.credential("/admin/password"));
        self.person(system, &user, &password).await
    }

    /// Another one, with the password from the mail.
    pub async fn new_admin(&self, system: &System, user: &str, email: &str) -> Self {
        let password = temporary_password(&system.data, email).await;
        self.person(system, user, &password).await
    }

    async fn person(&self, system: &System, user: &str, password: &str) -> Self {
        let client = system.credential("/userClientId");
        let session = self.sign_in(&client, user, password, CHOSEN).await;
        Self::at(&self.api, &self.gateway, &session.access_token)
    }

    /// A new tenant's admin: the password from the mail, a new one chosen.
    pub async fn first_sign_in(&self, system: &System, name: &str) -> Session {
        let email = format!("admin@{name}.example.com");
        let config = self.tenant_config(name).await;
        let client = config["appClientId"].as_str().unwrap();
        let password = temporary_password(&system.data, &email).await;
        self.sign_in(client, &email, &password, CHOSEN).await
    }

    /// The same admin later, with the password that was chosen.
    pub async fn sign_in_again(&self, name: &str) -> Session {
        let config = self.tenant_config(name).await;
        let client = config["appClientId"].as_str().unwrap();
        self.sign_in(client, &format!("admin@{name}.example.com"), CHOSEN, CHOSEN).await
    }

    /// Waits until a tenant's services answer through the gateway.
    pub async fn until_served(&self, who: &Session, path: &str) -> Answer {
        eventually(&format!("{path} to answer"), Duration::from_secs(60), || async {
            let answer = self.tenant(who, Method::GET, path, None).await;
            (answer.status != StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
        })
        .await
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: String,
    pub body: Value,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        Self::try_of(response).await.expect("a whole answer")
    }

    /// None if the answer broke off.
    async fn try_of(response: reqwest::Response) -> Option<Self> {
        let status = response.status();
        let content_type =
            response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let bytes = response.bytes().await.ok()?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Some(Self { status, content_type, body })
    }
}
