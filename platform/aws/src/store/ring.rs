//! A write that wants the provisioner to look at the tenant.

use tenantry_contract::id::TenantId;

use crate::table::{Intent, Key, moment, shard, sharded};

/// Look at the tenant now.
pub fn ring(intent: &mut Intent<'_>, tenant: &TenantId) {
    let sk = format!("{}#{tenant}", moment(intent.now));
    intent.put(Key::of(sharded("rings", shard(tenant.as_str())), sk), []);
}
