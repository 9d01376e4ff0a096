//! Each handler extracts, calls and maps. All of them want a tenant's admin, and reach that tenant's users alone.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use tenantry_ports::identity::Made;
use tenantry_tenancy::{ListQuery, TenantAdmin};
use tenantry_web::{Json, Path, Problem};

use crate::Context;
use crate::name::make;
use crate::user::{View, parse_change, parse_new};

type Body = Json<Map<String, Value>>;

/// The most users of a page: the identity provider is asked about each of them.
const MOST: usize = 60;

pub async fn list(
    query: ListQuery<MOST>,
    TenantAdmin(tenant): TenantAdmin,
    State(context): State<Context>,
) -> Result<Response, Problem> {
    let page = context.users.list(tenant.id(), query.page()).await?;
    query.answer(&page.map(View::from))
}

pub async fn create(
    TenantAdmin(tenant): TenantAdmin,
    State(context): State<Context>,
    Json(body): Body,
) -> Result<Response, Problem> {
    let new = parse_new(body, &tenant)?;
    match make(context.users.as_ref(), tenant.id(), new).await? {
        Made::New(user) => Ok((StatusCode::CREATED, Json(View::from(user))).into_response()),
        Made::Taken => Err(Problem::conflict("The e-mail is taken.").field("userEmail", "is another user's already")),
    }
}

pub async fn read(
    TenantAdmin(tenant): TenantAdmin,
    State(context): State<Context>,
    Path(name): Path<String>,
) -> Result<Json<View>, Problem> {
    let user = context.users.get(tenant.id(), &name).await?.ok_or_else(|| missing(&name))?;
    Ok(Json(user.into()))
}

pub async fn update(
    TenantAdmin(tenant): TenantAdmin,
    State(context): State<Context>,
    Path(name): Path<String>,
    Json(body): Body,
) -> Result<Json<View>, Problem> {
    let change = parse_change(body, &name)?;
    let user = context.users.update(tenant.id(), &name, change).await?.ok_or_else(|| missing(&name))?;
    Ok(Json(user.into()))
}

pub async fn delete(
    TenantAdmin(tenant): TenantAdmin,
    State(context): State<Context>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if context.users.delete(tenant.id(), &name).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing(&name)) }
}

fn missing(name: &str) -> Problem {
    Problem::not_found(format!("User {name} not found."))
}
