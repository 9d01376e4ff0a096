//! Some clients know a registration by its tenant's id.

use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::StoreError;
use tenantry_web::Problem;

use super::view::not_found;
use crate::state::App;
use crate::tenants::unreadable::{explained, salvaged};

/// The registration of that id, else the one of the tenant of that id.
pub(crate) async fn by_either_id(app: &App, id: &str) -> Result<TenantRecord, Problem> {
    match either(app, id).await {
        Ok(found) => found.ok_or_else(|| not_found(id)),
        Err(error) => Err(explained(app, id, error).await),
    }
}

/// As [`by_either_id`]; of a record that cannot be read, what is left of it.
pub(crate) async fn to_offboard(app: &App, id: &str) -> Result<TenantRecord, Problem> {
    match either(app, id).await {
        Ok(found) => found.ok_or_else(|| not_found(id)),
        Err(error) => salvaged(app, id, error).await,
    }
}

/// The registration of that id and no other.
pub(crate) async fn by_id(app: &App, id: &str) -> Result<TenantRecord, Problem> {
    match of_registration(app, id).await {
        Ok(found) => found.ok_or_else(|| not_found(id)),
        Err(error) => Err(explained(app, id, error).await),
    }
}

async fn either(app: &App, id: &str) -> Result<Option<TenantRecord>, StoreError> {
    if let Some(record) = of_registration(app, id).await? {
        return Ok(Some(record));
    }
    let Ok(tenant) = TenantId::parse(id) else { return Ok(None) };
    app.cp.store.tenant(&tenant).await
}

async fn of_registration(app: &App, id: &str) -> Result<Option<TenantRecord>, StoreError> {
    let Ok(registration) = RegistrationId::parse(id) else { return Ok(None) };
    app.cp.store.registration(&registration).await
}
