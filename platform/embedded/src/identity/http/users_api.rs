//! Users of one pool, for the service that manages them: it holds a token that opens this pool and no other.

use axum::Json;
use axum::extract::{FromRequestParts, Path, Query};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde_json::json;
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made};
use tenantry_ports::page::{PageRequest, Position};

use super::super::ensure::admits;
use super::super::remote::wire;
use super::super::tenant_users::Updated;
use super::super::{Identity, secret};
use super::errors::failed;
use super::user_info::bearer;

const LONGEST_PAGE: usize = 60;

/// A pool and a tenant the caller may manage the users of.
pub(super) struct Managed {
    identity: Identity,
    pool: PoolId,
    tenant: TenantId,
}

/// Refused without saying whether there is such a pool.
fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({ "message": "the service token does not open this pool" }))).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "message": "there is no such user" }))).into_response()
}

impl FromRequestParts<Identity> for Managed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, identity: &Identity) -> Result<Self, Response> {
        #[derive(Deserialize)]
        struct Named {
            pool: String,
            tenant: String,
        }
        let path = Path::<Named>::from_request_parts(parts, identity).await;
        let Path(Named { pool, tenant }) = path.map_err(|_| not_found())?;
        let (Ok(pool), Ok(tenant)) = (PoolId::parse(pool), TenantId::parse(tenant)) else { return Err(not_found()) };
        let token = bearer(&parts.headers).ok_or_else(unauthorized)?;
        if !secret::same(token.as_bytes(), identity.service_token(&pool).as_bytes()) {
            return Err(unauthorized());
        }
        let (pool_id, tenant_id) = (pool.as_str().to_owned(), tenant.as_str().to_owned());
        let admitted = identity.0.db.read(move |conn| admits(conn, &pool_id, &tenant_id)).await;
        if !admitted.map_err(|e| failed(&e.into()))? {
            return Err(not_found());
        }
        Ok(Self { identity: identity.clone(), pool, tenant })
    }
}

#[derive(Deserialize)]
struct UserPath {
    name: String,
}

/// The user's name in the path.
pub(super) struct Name(String);

impl FromRequestParts<Identity> for Name {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, identity: &Identity) -> Result<Self, Response> {
        let path = Path::<UserPath>::from_request_parts(parts, identity).await;
        path.map(|Path(path)| Self(path.name)).map_err(|_| not_found())
    }
}

#[derive(Deserialize)]
pub(super) struct Paging {
    limit: Option<usize>,
    after: Option<String>,
}

pub(super) async fn list(managed: Managed, Query(paging): Query<Paging>) -> Response {
    let Managed { identity, pool, tenant } = managed;
    let limit = paging.limit.unwrap_or(LONGEST_PAGE).clamp(1, LONGEST_PAGE);
    let page = PageRequest { limit, after: paging.after.map(Position) };
    answer(identity.list_users(&pool, &tenant, page).await, |page| Json(wire::Page::from(page)).into_response())
}

pub(super) async fn get(managed: Managed, Name(name): Name) -> Response {
    let Managed { identity, pool, tenant } = managed;
    answer(identity.get_user(&pool, &tenant, &name).await, |user| match user {
        Some(user) => Json(wire::User::from(user)).into_response(),
        None => not_found(),
    })
}

pub(super) async fn create(managed: Managed, Json(new): Json<wire::NewUser>) -> Response {
    let Managed { identity, pool, tenant } = managed;
    answer(identity.create_user(&pool, &tenant, new.into()).await, |made| match made {
        Made::New(user) => (StatusCode::CREATED, Json(wire::User::from(user))).into_response(),
        Made::Taken => taken(),
    })
}

pub(super) async fn update(managed: Managed, Name(name): Name, Json(change): Json<wire::Change>) -> Response {
    let Managed { identity, pool, tenant } = managed;
    answer(identity.update_user(&pool, &tenant, &name, change.into()).await, |updated| match updated {
        Updated::Done(user) => Json(wire::User::from(*user)).into_response(),
        Updated::EmailTaken => taken(),
        Updated::NotFound => not_found(),
    })
}

pub(super) async fn delete(managed: Managed, Name(name): Name) -> Response {
    let Managed { identity, pool, tenant } = managed;
    answer(identity.delete_user(&pool, &tenant, &name).await, |there| {
        if there { StatusCode::NO_CONTENT.into_response() } else { not_found() }
    })
}

fn taken() -> Response {
    (StatusCode::CONFLICT, Json(json!({ "message": "the name or the e-mail is taken" }))).into_response()
}

/// What makes no sense was the caller's; anything else is a failure of ours.
fn answer<T>(done: Result<T, IdentityError>, with: impl FnOnce(T) -> Response) -> Response {
    match done {
        Ok(value) => with(value),
        Err(IdentityError::Broken { what, cause: None }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "message": what }))).into_response()
        }
        Err(IdentityError::Refused(Refusal::Taken)) => taken(),
        Err(IdentityError::Refused(why @ Refusal::LastAdmin)) => {
            (StatusCode::PRECONDITION_FAILED, Json(json!({ "message": why.to_string() }))).into_response()
        }
        Err(IdentityError::Refused(why @ Refusal::Gone)) => {
            (StatusCode::FORBIDDEN, Json(json!({ "message": why.to_string() }))).into_response()
        }
        Err(e) => failed(&e),
    }
}
