//! The beginning of the code flow. What is wrong with the client or its redirect URI is told to the person,
//! never sent to that URI; anything else is told to the client.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::super::language::Texts;
use super::super::pools::{ClientKind, Pool};
use super::super::tickets::Grant;
use super::super::users::User;
use super::super::{Identity, pkce, pools, redirect};
use super::client::{pool, scopes};
use super::cookies::{self, SESSION_COOKIE};
use super::{errors, page};

/// What the client asks. The page carries it through the sign-in in its own query.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(super) struct Request {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
}

/// A request that may go on, and where its answer goes.
pub(super) struct Asked {
    pub(super) client: String,
    pub(super) redirect: String,
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    challenge: String,
    prompt: Option<String>,
}

pub(super) async fn get(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    query: Result<Query<Request>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let pool = match pool(&identity, &id).await {
        Ok(pool) => pool,
        Err(e) => return e.into_response(),
    };
    let texts = page::language(&headers);
    let Ok(Query(request)) = query else { return page::problem(texts, &texts.named_twice) };
    let asked = match check(&identity, &pool, &request, texts).await {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let prompt = asked.prompt.as_deref().unwrap_or_default();
    let known = match cookies::read(&headers, SESSION_COOKIE) {
        Some(session) if prompt != "login" => identity.browser(&pool, session).await,
        _ => Ok(None),
    };
    match known {
        Err(e) => errors::failed(&e),
        Ok(Some((user, since))) => finish(&identity, &pool, &user, since, asked).await,
        Ok(None) if prompt == "none" => asked.refuse(&identity, &pool, "login_required"),
        Ok(None) => match serde_urlencoded::to_string(&request) {
            Ok(query) => Redirect::to(&format!("/{}/login?{query}", pool.id)).into_response(),
            Err(_) => page::problem(texts, &texts.cannot_carry_on),
        },
    }
}

/// What may go on; otherwise the answer to give.
pub(super) async fn check(
    identity: &Identity,
    pool: &Pool,
    request: &Request,
    texts: &Texts,
) -> Result<Asked, Box<Response>> {
    let told = |words: &str| Box::new(page::problem(texts, words));
    let (Some(client), Some(uri)) = (request.client_id.clone(), request.redirect_uri.clone()) else {
        return Err(told(&texts.client_unsaid));
    };
    let (pool_id, client_id) = (pool.id.clone(), client.clone());
    let found = identity.0.db.read(move |conn| pools::client(conn, &pool_id, &client_id)).await;
    let kind = found.map_err(|e| Box::new(errors::failed(&e.into())))?.map(|client| client.kind);
    if kind != Some(ClientKind::People) {
        return Err(told(&texts.client_unknown));
    }
    if !redirect::is_registered(&uri, identity.redirects(&pool.owner)) {
        return Err(told(&texts.redirect_unregistered));
    }
    let asked = Asked {
        client,
        redirect: uri,
        scope: scopes(pool, ClientKind::People, request.scope.as_deref()).unwrap_or_default(),
        state: request.state.clone(),
        nonce: request.nonce.clone(),
        challenge: request.code_challenge.clone().unwrap_or_default(),
        prompt: request.prompt.clone(),
    };
    let fault = if request.response_type.as_deref() != Some("code") {
        Some("unsupported_response_type")
    } else if asked.scope.is_empty() {
        Some("invalid_scope")
    } else if request.code_challenge_method.as_deref() != Some("S256") || !pkce::is_challenge(&asked.challenge) {
        Some("invalid_request")
    } else {
        None
    };
    match fault {
        Some(fault) => Err(Box::new(asked.refuse(identity, pool, fault))),
        None => Ok(asked),
    }
}

/// Sends the person back to the application with a code.
pub(super) async fn finish(identity: &Identity, pool: &Pool, user: &User, auth_time: i64, asked: Asked) -> Response {
    let grant = Grant {
        client: asked.client.clone(),
        scope: asked.scope.clone(),
        auth_time,
        redirect: Some(asked.redirect.clone()),
        challenge: Some(asked.challenge.clone()),
        nonce: asked.nonce.clone(),
    };
    match identity.code(user, grant).await {
        Ok(code) => asked.back(identity, pool, ("code", &code)),
        Err(e) => errors::failed(&e),
    }
}

impl Asked {
    fn refuse(&self, identity: &Identity, pool: &Pool, error: &'static str) -> Response {
        self.back(identity, pool, ("error", error))
    }

    fn back(&self, identity: &Identity, pool: &Pool, what: (&str, &str)) -> Response {
        let issuer = identity.url_of(&pool.id);
        let mut members = vec![what, ("iss", issuer.as_str())];
        if let Some(state) = &self.state {
            members.push(("state", state));
        }
        let mut answer = Redirect::to(&redirect::with_query(&self.redirect, &members)).into_response();
        page::private(&mut answer);
        answer
    }
}
