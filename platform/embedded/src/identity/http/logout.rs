//! Cognito's `/logout`: ends the session, then sends the person on.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::super::pools::ClientKind;
use super::super::{Identity, pools, redirect};
use super::client::pool;
use super::cookies::{self, SESSION_COOKIE};
use super::{errors, page};

#[derive(Deserialize)]
pub(super) struct LogoutRequest {
    client_id: Option<String>,
    logout_uri: Option<String>,
    /// `OpenID` Connect's word for it.
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

pub(super) async fn get(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    query: Result<Query<LogoutRequest>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let pool = match pool(&identity, &id).await {
        Ok(pool) => pool,
        Err(e) => return e.into_response(),
    };
    let texts = page::language(&headers);
    let Ok(Query(request)) = query else { return page::problem(texts, &texts.named_twice) };
    let Some(uri) = request.logout_uri.or(request.post_logout_redirect_uri) else {
        return page::problem(texts, &texts.logout_unsaid);
    };
    let (pool_id, client_id) = (pool.id.clone(), request.client_id.unwrap_or_default());
    match identity.0.db.read(move |conn| pools::client(conn, &pool_id, &client_id)).await {
        Err(e) => return errors::failed(&e.into()),
        Ok(Some(client)) if client.kind == ClientKind::People => {}
        Ok(_) => return page::problem(texts, &texts.client_unknown),
    }
    if !redirect::is_registered(&uri, identity.redirects(&pool.owner)) {
        return page::problem(texts, &texts.redirect_unregistered);
    }
    if let Some(session) = cookies::read(&headers, SESSION_COOKIE)
        && let Err(e) = identity.close_browser(&pool, session).await
    {
        return errors::failed(&e);
    }
    let target = match &request.state {
        Some(state) => redirect::with_query(&uri, &[("state", state)]),
        None => uri,
    };
    // 302, as Cognito answers.
    let mut answer = (http::StatusCode::FOUND, Redirect::to(&target)).into_response();
    *answer.status_mut() = http::StatusCode::FOUND;
    if let Some(gone) = cookies::set(&identity, &pool, SESSION_COOKIE, "") {
        answer.headers_mut().append(SET_COOKIE, gone);
    }
    page::private(&mut answer);
    answer
}
