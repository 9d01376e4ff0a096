//! Some clients know a registration by its tenant's id.

use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::record::TenantRecord;
use tenantry_web::Problem;

use super::view::not_found;
use crate::state::App;

/// The registration of that id, else the one of the tenant of that id.
pub(crate) async fn by_either_id(app: &App, id: &str) -> Result<TenantRecord, Problem> {
    if let Ok(registration) = RegistrationId::parse(id)
        && let Some(record) = app.cp.store.registration(&registration).await?
    {
        return Ok(record);
    }
    let Ok(tenant) = TenantId::parse(id) else { return Err(not_found(id)) };
    app.cp.store.tenant(&tenant).await?.ok_or_else(|| not_found(id))
}

/// The registration of that id and no other.
pub(crate) async fn by_id(app: &App, id: &str) -> Result<TenantRecord, Problem> {
    let Ok(registration) = RegistrationId::parse(id) else { return Err(not_found(id)) };
    app.cp.store.registration(&registration).await?.ok_or_else(|| not_found(id))
}
