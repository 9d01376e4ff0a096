//! An admin's client and a tenant user's sign-in, as they come in from outside.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::system::System;
use crate::wire::Wire;

pub struct Client {
    wire: Wire,
    host: SocketAddr,
    /// The machine client's.
    pub token: String,
}

pub struct Registered {
    pub registration: String,
}

impl Client {
    /// Signs in as the machine client.
    pub async fn machine(system: &System) -> anyhow::Result<Self> {
        let wire = Wire::connect(system.api).await?;
        let mut client = Self { wire, host: system.api, token: String::new() };
        let issuer = system.credential("/issuer")?;
        let path = issuer.splitn(4, '/').nth(3).context("an issuer's path")?;
        let pair =
            format!("{}:{}", system.credential("/machine/clientId")?, system.credential("/machine/clientSecret")?);
        let headers = format!(
            "authorization: Basic {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
            BASE64_STANDARD.encode(pair)
        );
        let request =
            client.request("POST", &format!("/{path}/oauth2/token"), &headers, "grant_type=client_credentials");
        let (status, answer) = client.send(&request).await?;
        client.token = text(&answer, "/access_token").with_context(|| format!("{status}: no token"))?;
        Ok(client)
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let (host, length) = (self.host, body.len());
        format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {length}\r\n\r\n{body}")
    }

    async fn send(&mut self, request: &str) -> anyhow::Result<(u16, Value)> {
        let (status, body) = self.wire.call(request.as_bytes()).await?;
        Ok((status, serde_json::from_slice(body).unwrap_or_default()))
    }

    pub fn bearer(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }

    pub async fn get(&mut self, path: &str) -> anyhow::Result<(u16, Value)> {
        self.send(&self.request("GET", path, &self.bearer(), "")).await
    }

    pub async fn register(&mut self, name: &str, tier: &str) -> anyhow::Result<Registered> {
        let headers = self.bearer() + "content-type: application/json\r\n";
        let request = self.request("POST", "/tenant-registrations", &headers, &registration(name, tier));
        let (status, answer) = self.send(&request).await?;
        let registration =
            text(&answer, "/data/tenantRegistrationId").with_context(|| format!("{status}: {answer}"))?;
        Ok(Registered { registration })
    }

    /// Whether it has come to `Created`; any other end is an error.
    pub async fn created(&mut self, registration: &str) -> anyhow::Result<bool> {
        let (_, answer) = self.get(&format!("/tenant-registrations/{registration}")).await?;
        match answer.pointer("/data/registrationStatus").and_then(Value::as_str) {
            Some("Created") => Ok(true),
            Some("In progress") => Ok(false),
            _ => bail!("it ended otherwise: {answer}"),
        }
    }

    /// A new tenant's admin signs in with the mailed password and chooses another: the ID token.
    pub async fn sign_in(&mut self, system: &System, name: &str) -> anyhow::Result<String> {
        let (_, config) = self.get(&format!("/tenant-config/{name}")).await?;
        let client = text(&config, "/appClientId").context("a tenant's config")?;
        let (user, password) = (email(name), system.mailed_password(&email(name)).await?);
        let asked = self
            .cognito(
                "InitiateAuth",
                &json!({
                    "AuthFlow": "USER_PASSWORD_AUTH",
                    "ClientId": client,
                    "AuthParameters": { "USERNAME": user, "PASSWORD": password },
                }),
            )
            .await?;
        let answer = self
            .cognito(
                "RespondToAuthChallenge",
                &json!({
                    "ChallengeName": "NEW_PASSWORD_REQUIRED",
                    "ClientId": client,
                    "Session": asked["Session"],
                    "ChallengeResponses": { "USERNAME": user, "NEW_PASSWORD": "Correct-horse-9" },
                }),
            )
            .await?;
        text(&answer, "/AuthenticationResult/IdToken").with_context(|| format!("no token: {answer}"))
    }

    async fn cognito(&mut self, action: &str, body: &Value) -> anyhow::Result<Value> {
        let headers = format!(
            "x-amz-target: AWSCognitoIdentityProviderService.{action}\r\ncontent-type: application/x-amz-json-1.1\r\n"
        );
        Ok(self.send(&self.request("POST", "/", &headers, &body.to_string())).await?.1)
    }
}

pub fn email(name: &str) -> String {
    format!("admin@{name}.example.com")
}

/// What the admin portal sends.
pub fn registration(name: &str, tier: &str) -> String {
    let email = email(name);
    format!(
        r#"{{"tenantData":{{"tenantName":"{name}","email":"{email}","tier":"{tier}"}},"tenantRegistrationData":{{"registrationStatus":"In progress"}}}}"#
    )
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}
