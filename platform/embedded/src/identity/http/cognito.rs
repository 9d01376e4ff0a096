//! Cognito's own protocol, for programs that sign people in without a browser: `InitiateAuth` and
//! `RespondToAuthChallenge`, unsigned, with Cognito's errors.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tenantry_ports::identity::IdentityError;

use super::super::pools::{Client, ClientKind, Pool};
use super::super::sign_in::{Chosen, Proof};
use super::super::tokens::Tokens;
use super::super::users::User;
use super::super::{CHALLENGE_LIFETIME, Identity, TOKEN_LIFETIME, pools};
use super::errors::failure;

const SERVICE: &str = "AWSCognitoIdentityProviderService.";
const AMZ_JSON: &str = "application/x-amz-json-1.1";

/// Cognito's name of what is wrong, and words for a person.
struct Fault(&'static str, &'static str);

const WRONG: Fault = Fault("NotAuthorizedException", "Incorrect username or password.");
const NO_SESSION: Fault = Fault("NotAuthorizedException", "Invalid session for the user, session is expired.");
const LOCKED: Fault = Fault("NotAuthorizedException", "Password attempts exceeded");
const TOO_MANY: Fault = Fault("TooManyRequestsException", "Too many people are signing in; try again in a moment.");

enum Refusal {
    Fault(Fault),
    Failure(IdentityError),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        Self::Failure(error)
    }
}

pub(super) async fn post(State(identity): State<Identity>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let done = match target.strip_prefix(SERVICE) {
        Some("InitiateAuth") => initiate(&identity, &body).await,
        Some("RespondToAuthChallenge") => respond(&identity, &body).await,
        _ => Err(Fault("UnknownOperationException", "X-Amz-Target names no operation of this service.").into()),
    };
    let (status, body) = match done {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal::Fault(Fault(kind, message))) => {
            (StatusCode::BAD_REQUEST, json!({ "__type": kind, "message": message }))
        }
        Err(Refusal::Failure(e)) => {
            let message = "The service cannot answer now.";
            (failure(&e).0, json!({ "__type": "InternalErrorException", "message": message }))
        }
    };
    (status, [(CONTENT_TYPE, AMZ_JSON), (CACHE_CONTROL, "no-store")], body.to_string()).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InitiateAuth {
    auth_flow: String,
    client_id: String,
    #[serde(default)]
    auth_parameters: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RespondToAuthChallenge {
    challenge_name: String,
    client_id: String,
    #[serde(default)]
    session: String,
    #[serde(default)]
    challenge_responses: BTreeMap<String, String>,
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body)
        .map_err(|_| Fault("SerializationException", "The body is not what the operation takes."))
}

async fn initiate(identity: &Identity, body: &[u8]) -> Result<Value, Refusal> {
    let InitiateAuth { auth_flow, client_id, auth_parameters } = parse(body)?;
    let (pool, client) = whose(identity, &client_id).await?;
    let given = |name: &str| auth_parameters.get(name).filter(|text| !text.is_empty());
    match auth_flow.as_str() {
        "USER_PASSWORD_AUTH" => {
            let (Some(name), Some(password)) = (given("USERNAME"), given("PASSWORD")) else {
                return Err(
                    Fault("InvalidParameterException", "Missing required parameter USERNAME or PASSWORD").into()
                );
            };
            match identity.prove(&pool, &client.id, name, password, CHALLENGE_LIFETIME).await? {
                Proof::Right(user) => signed_in(identity, &pool, &client, &user).await,
                Proof::MustChoose { user, session } => Ok(challenge(&user, &session)),
                Proof::Wrong => Err(WRONG.into()),
                Proof::Locked(_) => Err(LOCKED.into()),
                Proof::Busy(_) => Err(TOO_MANY.into()),
            }
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let Some(token) = given("REFRESH_TOKEN") else {
                return Err(Fault("InvalidParameterException", "Missing required parameter REFRESH_TOKEN").into());
            };
            let tokens = identity.refresh(&pool, &client.id, token).await?;
            tokens.map(result).ok_or(Fault("NotAuthorizedException", "Invalid Refresh Token").into())
        }
        _ => Err(Fault("InvalidParameterException", "The AuthFlow is not enabled for this client.").into()),
    }
}

async fn respond(identity: &Identity, body: &[u8]) -> Result<Value, Refusal> {
    let RespondToAuthChallenge { challenge_name, client_id, session, challenge_responses } = parse(body)?;
    let (pool, client) = whose(identity, &client_id).await?;
    if challenge_name != "NEW_PASSWORD_REQUIRED" {
        return Err(Fault("InvalidParameterException", "The ChallengeName is not one we ask.").into());
    }
    if challenge_responses.keys().any(|name| name.starts_with("userAttributes.")) {
        let words = "A client attempted to write unauthorized attribute";
        return Err(Fault("NotAuthorizedException", words).into());
    }
    let given = |name: &str| challenge_responses.get(name).filter(|text| !text.is_empty());
    let (Some(name), Some(password)) = (given("USERNAME"), given("NEW_PASSWORD")) else {
        return Err(Fault("InvalidParameterException", "Missing required parameter USERNAME or NEW_PASSWORD").into());
    };
    match identity.choose(&pool, &client.id, &session, Some(name), password).await? {
        Chosen::Done(user) => signed_in(identity, &pool, &client, &user).await,
        Chosen::Unfit(why) => Err(Fault("InvalidPasswordException", why).into()),
        Chosen::NoSession => Err(NO_SESSION.into()),
        Chosen::Busy => Err(TOO_MANY.into()),
    }
}

/// The client names the pool.
async fn whose(identity: &Identity, client: &str) -> Result<(Pool, Client), Refusal> {
    let id = client.to_owned();
    let found = identity.0.db.read(move |conn| pools::by_client(conn, &id)).await.map_err(IdentityError::from)?;
    match found {
        Some((pool, client)) if client.kind == ClientKind::People => Ok((pool, client)),
        Some(_) => Err(Fault("NotAuthorizedException", "The client is not for people.").into()),
        None => Err(Fault("ResourceNotFoundException", "User pool client does not exist.").into()),
    }
}

async fn signed_in(identity: &Identity, pool: &Pool, client: &Client, user: &User) -> Result<Value, Refusal> {
    Ok(result(identity.password_session(pool, &client.id, user).await?))
}

fn challenge(user: &User, session: &str) -> Value {
    let attributes = json!({ "email": user.email, "email_verified": "true" });
    json!({
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": session,
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": user.username(),
            "requiredAttributes": "[]",
            "userAttributes": attributes.to_string(),
        },
    })
}

fn result(tokens: Tokens) -> Value {
    let mut result = Map::new();
    result.insert("AccessToken".to_owned(), json!(tokens.access));
    result.insert("ExpiresIn".to_owned(), json!(TOKEN_LIFETIME.as_secs()));
    result.insert("TokenType".to_owned(), json!("Bearer"));
    for (name, token) in [("IdToken", tokens.id), ("RefreshToken", tokens.refresh)] {
        if let Some(token) = token {
            result.insert(name.to_owned(), json!(token));
        }
    }
    json!({ "AuthenticationResult": result, "ChallengeParameters": {} })
}
