//! `PUT /tenants/{id}`

use axum::extract::State;
use serde_json::{Map, Value};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::TenantId;
use tenantry_contract::lifecycle::{AmendRefused, Amendment};
use tenantry_ports::store::AmendOutcome;
use tenantry_web::{Json, Path, Problem};

use super::unreadable::explained;
use super::view::{TenantDoc, tenant};
use crate::edge::answer::Data;
use crate::edge::attributes::settle;
use crate::edge::body::Body;
use crate::edge::faults::Faults;
use crate::registrations::create::taken;
use crate::registrations::update::refused;
use crate::state::Shared;
use crate::tenant_config::take_shown;

/// Change a tenant's attributes
///
/// They are merged into what is there. Server-owned ones may be sent with the value they have.
#[utoipa::path(
    put,
    path = "/tenants/{id}",
    tag = "Tenants",
    operation_id = "updateTenant",
    params(("id" = String, Path, description = "The tenant's id")),
    request_body(content = Object, example = json!({"phone": "+49 30 1234"})),
    responses(
        (status = 200, description = "As it is now", body = Data<TenantDoc>),
        (status = 404, description = "There is none"),
        (status = 409, description = "A server-owned attribute would change, or the e-mail is taken"),
        (status = 422, description = "Attributes break rules"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.tenant.update", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Data<Map<String, Value>>>, Problem> {
    let not_found = || Problem::not_found(format!("Tenant {id} not found."));
    let tenant_id = TenantId::parse(id.as_str()).map_err(|_| not_found())?;
    let was = match app.cp.store.tenant(&tenant_id).await {
        Ok(found) => found.ok_or_else(not_found)?,
        Err(error) => return Err(explained(&app, &id, error).await),
    };
    let mut amendment = parse(&body, was.placement)?;
    take_shown(&mut amendment, &was, &app.cp.settings);
    match app.cp.store.amend(&was.registration_id, amendment).await? {
        AmendOutcome::Amended(record) => Ok(Json(Data { data: tenant(&record, &app.cp.settings) })),
        AmendOutcome::Refused(why) => Err(refused(bare(why))),
        AmendOutcome::EmailTaken => Err(taken("email", "is taken by another tenant's admin")),
        AmendOutcome::NotFound => Err(not_found()),
    }
}

fn parse(body: &Body, placement: Placement) -> Result<Amendment, Problem> {
    let mut members = body.object()?;
    let mut faults = Faults::default();
    settle(&mut members, "", Some(placement), &mut faults);
    faults.or(Some(Amendment { tenant: Some(Attributes(members)), ..Amendment::default() }))
}

/// The body of this route is the attributes themselves.
fn bare(why: AmendRefused) -> AmendRefused {
    let strip = |field: String| match field.strip_prefix("tenantData") {
        Some("") => "body".to_owned(),
        Some(member) => member.trim_start_matches('.').to_owned(),
        None => field,
    };
    match why {
        AmendRefused::Owned { field } => AmendRefused::Owned { field: strip(field) },
        AmendRefused::Invalid { field, rule } => AmendRefused::Invalid { field: strip(field), rule },
        AmendRefused::NotNow { wanted, why } => AmendRefused::NotNow { wanted, why },
    }
}
