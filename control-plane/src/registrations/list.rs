//! `GET /tenant-registrations`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_web::{Json, Problem};
use utoipa::ToSchema;

use super::view::{self, RegistrationDoc};
use crate::edge::answer::List;
use crate::edge::page::{MOST, PageDoc, Params};
use crate::state::Shared;
use crate::tenants::unreadable::{UnreadableDoc, line};

const LIST: &str = "/tenant-registrations";

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RegistrationLine)]
enum RegistrationLine {
    Registration(RegistrationDoc),
    Unreadable(UnreadableDoc),
}

/// List registrations
///
/// In a stable order that is not specified; those of deleted tenants are among them.
#[utoipa::path(
    get,
    path = "/tenant-registrations",
    tag = "Registrations",
    operation_id = "listRegistrations",
    params(PageDoc),
    responses((status = 200, description = "A page", body = List<RegistrationLine>), (status = 422, description = "A bad limit or token")),
)]
#[tracing::instrument(level = "debug", name = "control_plane.registration.list", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    params: Params,
) -> Result<Json<List<Map<String, Value>>>, Problem> {
    let page = params.page(&app.cursors, LIST, "", MOST)?;
    let page = app.cp.store.tenants(page).await?;
    Ok(List::new(page.map(|one| line(one, view::registration)), &app.cursors, LIST, ""))
}
