//! `PATCH /tenant-registrations/{id}`

use std::collections::HashMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::lifecycle::{AmendRefused, Amendment};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::AmendOutcome;
use tenantry_web::{Json, Path, Problem};
use utoipa::ToSchema;

use super::view::{self, RegistrationDoc, not_found};
use super::{create::taken, find};
use crate::edge::answer::Data;
use crate::edge::attributes::{object, settle};
use crate::edge::body::Body;
use crate::edge::faults::{Faults, fault};
use crate::meters;
use crate::state::Shared;
use crate::tenant_config::take_shown;
use crate::tenants::view::{TenantDoc, tenant};

#[derive(ToSchema)]
#[schema(as = RegistrationUpdate, rename_all = "camelCase")]
#[expect(dead_code, clippy::struct_field_names, reason = "it documents what `parse` reads")]
pub(crate) struct Request {
    /// Merged into the tenant.
    tenant_data: Option<HashMap<String, Value>>,
    /// Merged into the registration. For a tenant of an external tier, a `registrationStatus` of `Created`,
    /// `Failed` or `Deleted` ends the current operation.
    tenant_registration_data: Option<HashMap<String, Value>>,
    /// A failure report of an external application plane, in words; beside a `registrationStatus` of `Failed`, its
    /// reason.
    tenant_status: Option<String>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegistrationUpdated)]
pub(crate) struct Updated<R = RegistrationDoc, T = TenantDoc> {
    pub tenant_registration: R,
    pub tenant: T,
    pub message: String,
}

type View = Map<String, Value>;

/// Update a registration and its tenant
///
/// Server-owned members may be sent with the value they have. Foreign application planes report through this.
#[utoipa::path(
    patch,
    path = "/tenant-registrations/{id}",
    tag = "Registrations",
    operation_id = "updateRegistration",
    params(("id" = String, Path, description = "The registration's id")),
    request_body = Request,
    responses(
        (status = 200, description = "As they are now", body = Data<Updated<RegistrationDoc, TenantDoc>>),
        (status = 404, description = "There is none"),
        (status = 409, description = "A server-owned member would change, an e-mail is taken, or it is not the time"),
        (status = 422, description = "Fields break rules"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.registration.update", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Data<Updated<View, View>>>, Problem> {
    let was = find::by_id(&app, &id).await?;
    let mut amendment = parse(&body, was.placement)?;
    take_shown(&mut amendment, &was, &app.cp.settings);
    let record = match app.cp.store.amend(&was.registration_id, amendment).await? {
        AmendOutcome::Amended(record) => record,
        AmendOutcome::Refused(why) => return Err(refused(why)),
        AmendOutcome::EmailTaken => return Err(taken("tenantData.email", "is taken by another tenant's admin")),
        AmendOutcome::NotFound => return Err(not_found(&id)),
    };
    count_end(&was, &record);
    Ok(Json(Data {
        data: Updated {
            tenant_registration: view::registration(&record),
            tenant: tenant(&record, &app.cp.settings),
            message: "Tenant registration updated successfully".into(),
        },
    }))
}

fn parse(body: &Body, placement: Placement) -> Result<Amendment, Problem> {
    let mut sent = body.object()?;
    let mut faults = Faults::default();
    let mut part = |name: &str, faults: &mut Faults| {
        let mut members = object(&mut sent, name, faults)?;
        settle(&mut members, &format!("{name}."), Some(placement), faults);
        Some(Attributes(members))
    };
    let tenant = part("tenantData", &mut faults);
    let registration = part("tenantRegistrationData", &mut faults);
    let tenant_status = match sent.remove("tenantStatus") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            faults.say("tenantStatus", "must be a text");
            None
        }
    };
    faults.or(Some(Amendment { tenant, registration, tenant_status }))
}

/// 409 for what is ours or comes at the wrong time, 422 for what breaks a rule.
pub(crate) fn refused(why: AmendRefused) -> Problem {
    let message = why.to_string();
    match why {
        AmendRefused::Owned { field } => {
            Problem::conflict(message).field(field, "is set by the control plane and cannot be changed")
        }
        AmendRefused::NotNow { why, .. } => {
            Problem::conflict(message).field("tenantRegistrationData.registrationStatus", why)
        }
        AmendRefused::Invalid { field, rule } => fault(field, rule),
    }
}

/// A report that came this way ended an operation.
fn count_end(was: &TenantRecord, is: &TenantRecord) {
    if was.open_operation().is_some()
        && let Some(operation) = is.operation.as_ref().filter(|op| op.ended())
    {
        meters::ended(operation);
    }
}
