//! The reaper's write.

use tenantry_contract::id::TenantId;
use tenantry_contract::lifecycle::{self, Expired};
use tenantry_contract::resource::Owner;
use tenantry_ports::store::StoreError;

use crate::table::{Database, Outcome};
use crate::work;

pub async fn once(database: &Database, id: &TenantId) -> Result<Option<bool>, StoreError> {
    let Some(row) = database.row(id).await? else { return Ok(Some(false)) };
    let mut intent = database.intent();
    let due = row.record.open_operation().and_then(tenantry_contract::operation::Operation::due_at);
    if due.is_none_or(|due| due > intent.now) {
        return Ok(Some(false));
    }
    let remains = work::resource_names(database, &Owner::Tenant(id.clone())).await?;
    match lifecycle::expire(row.record.clone(), remains, intent.now) {
        Expired::NotDue => Ok(Some(false)),
        Expired::Turned(decided) | Expired::Failed(decided) => {
            row.decide(&mut intent, *decided)?;
            Ok(matches!(intent.commit().await?, Outcome::Written).then_some(true))
        }
    }
}
