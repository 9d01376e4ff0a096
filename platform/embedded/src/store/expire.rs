//! The reaper's write.

use tenantry_contract::id::TenantId;
use tenantry_contract::lifecycle::{self, Expired};
use tenantry_contract::resource::Owner;

use super::row::{IdKind, find, write as write_decided};
use crate::database::Change;
use crate::work;

pub fn write(change: &Change<'_>, id: &TenantId) -> Result<bool, rusqlite::Error> {
    let Some(row) = find(change, IdKind::Tenant, id.as_str())? else { return Ok(false) };
    let remains = work::resource_names(change, &Owner::Tenant(id.clone()))?;
    match lifecycle::expire(row.record.clone(), remains, change.now) {
        Expired::NotDue => Ok(false),
        Expired::Turned(decided) | Expired::Failed(decided) => {
            write_decided(change, &row, *decided)?;
            Ok(true)
        }
    }
}
