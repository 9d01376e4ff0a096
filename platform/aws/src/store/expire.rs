//! The reaper's write.

use tenantry_contract::id::TenantId;
use tenantry_contract::lifecycle::{self, Expired};
use tenantry_ports::store::StoreError;

use crate::table::{Database, Outcome, Query, Read};

pub async fn once(database: &Database, id: &TenantId) -> Result<Option<bool>, StoreError> {
    let Some(row) = database.row(id).await? else { return Ok(Some(false)) };
    let mut intent = database.intent();
    let due = row.record.open_operation().and_then(tenantry_contract::operation::Operation::due_at);
    if due.is_none_or(|due| due > intent.now) {
        return Ok(Some(false));
    }
    let remains = remains(database, id).await?;
    match lifecycle::expire(row.record.clone(), remains, intent.now) {
        Expired::NotDue => Ok(Some(false)),
        Expired::Turned(decided) | Expired::Failed(decided) => {
            row.decide(&mut intent, *decided)?;
            Ok(matches!(intent.commit().await?, Outcome::Written).then_some(true))
        }
    }
}

/// What the inventory names.
async fn remains(database: &Database, id: &TenantId) -> Result<Vec<String>, StoreError> {
    const LINE: &str = "inventory#";
    let lines = database.query(&Query::of(format!("tenant#{id}")).prefix(LINE), usize::MAX).await?;
    lines.iter().map(|line| line.text("sk").map(|sk| sk.trim_start_matches(LINE).to_owned())).collect()
}
