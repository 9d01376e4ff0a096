//! Signing in as Cognito has it: by password, by refresh token, and as a machine.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::error::ClientError;

/// An issuer and the client we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    pub url: String,
    pub client_id: String,
}

/// What a sign-in brings.
#[derive(Deserialize)]
pub struct Tokens {
    #[serde(alias = "AccessToken")]
    pub access_token: String,
    #[serde(alias = "RefreshToken")]
    pub refresh_token: Option<String>,
    /// In seconds.
    #[serde(alias = "ExpiresIn")]
    pub expires_in: u64,
}

pub enum SignIn {
    Done(Tokens),
    /// The password was a one-time one.
    NewPasswordRequired {
        session: String,
    },
}

impl Issuer {
    pub async fn by_password(&self, http: &Client, user: &str, password: &str) -> Result<SignIn, ClientError> {
        let parameters = json!({ "USERNAME": user, "PASSWORD": password });
        let answer = self.initiate(http, "USER_PASSWORD_AUTH", &parameters).await?;
        if answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED" {
            let session = answer["Session"].as_str().unwrap_or_default().to_owned();
            return Ok(SignIn::NewPasswordRequired { session });
        }
        self.tokens(answer).map(SignIn::Done)
    }

    pub async fn choose_password(
        &self,
        http: &Client,
        session: &str,
        user: &str,
        password: &str,
    ) -> Result<Tokens, ClientError> {
        let body = json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "ClientId": self.client_id,
            "Session": session,
            "ChallengeResponses": { "USERNAME": user, "NEW_PASSWORD": password },
        });
        let answer = self.call(http, "RespondToAuthChallenge", &body).await?;
        self.tokens(answer)
    }

    pub async fn by_refresh_token(&self, http: &Client, token: &str) -> Result<Tokens, ClientError> {
        let answer = self.initiate(http, "REFRESH_TOKEN_AUTH", &json!({ "REFRESH_TOKEN": token })).await?;
        self.tokens(answer)
    }

    /// Client credentials, at the token endpoint that the issuer's discovery document names.
    pub async fn by_secret(&self, http: &Client, secret: &str) -> Result<Tokens, ClientError> {
        let discovery = format!("{}/.well-known/openid-configuration", self.url);
        let document: Value = read(http.get(&discovery).send().await, &discovery).await?;
        let endpoint = document["token_endpoint"].as_str().ok_or_else(|| self.strange("it names no token endpoint"))?;
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.client_id)));
        let request = http.post(endpoint).header("authorization", basic).form(&[("grant_type", "client_credentials")]);
        read(request.send().await, endpoint).await
    }

    async fn initiate(&self, http: &Client, flow: &str, parameters: &Value) -> Result<Value, ClientError> {
        let body = json!({ "AuthFlow": flow, "ClientId": self.client_id, "AuthParameters": parameters });
        self.call(http, "InitiateAuth", &body).await
    }

    /// Cognito's own calls go to the issuer's origin; the client names the pool.
    async fn call(&self, http: &Client, operation: &str, body: &Value) -> Result<Value, ClientError> {
        let origin = Url::parse(&self.url).map_err(|_| ClientError::Address { url: self.url.clone() })?;
        let origin = format!("{}/", origin.origin().ascii_serialization());
        let request = http
            .post(&origin)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .body(body.to_string());
        read(request.send().await, &origin).await
    }

    fn tokens(&self, mut answer: Value) -> Result<Tokens, ClientError> {
        serde_json::from_value(answer["AuthenticationResult"].take())
            .map_err(|_| self.strange("it asks for something we cannot do"))
    }

    fn strange(&self, what: &str) -> ClientError {
        ClientError::Strange { url: self.url.clone(), what: what.to_owned() }
    }
}

async fn read<T: for<'de> Deserialize<'de>>(
    sent: Result<Response, reqwest::Error>,
    url: &str,
) -> Result<T, ClientError> {
    let response = sent.map_err(|error| ClientError::unanswered(url, &error))?;
    let status = response.status();
    let body = response.bytes().await.map_err(|error| ClientError::unanswered(url, &error))?;
    if status.is_success() {
        let strange = |_| ClientError::Strange { url: url.to_owned(), what: "its answer makes no sense".to_owned() };
        return serde_json::from_slice(&body).map_err(strange);
    }
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let said = ["message", "error_description", "error"].iter().find_map(|name| document[*name].as_str());
    let words = said.map_or_else(|| format!("the issuer answered {status}"), str::to_owned);
    Err(ClientError::SignInRefused(words))
}
