//! What a record is found by, and what it holds against others: an item each.

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::id::{OperationId, TenantId};
use tenantry_contract::name::TenantName;
use tenantry_contract::operation::Operation;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;

use crate::table::{Key, moment, shard, sharded};

/// What is indexed of a record at one time.
#[derive(Debug, PartialEq, Eq)]
pub struct Indexed<'a> {
    /// The name, while the tenant is not deleted.
    pub live_name: Option<&'a str>,
    /// The folded e-mail that its admin signs in with, while the tenant is pooled and not deleted.
    pub pooled_email: Option<String>,
    /// When its open operation's time has passed.
    pub due: Option<Timestamp>,
}

impl<'a> Indexed<'a> {
    pub fn of(record: &'a TenantRecord) -> Self {
        let live = record.status != Status::Deleted;
        Self {
            live_name: live.then_some(record.name.as_str()),
            pooled_email: (live && record.placement == Placement::Pooled).then(|| record.sign_in_email().folded()),
            due: record.open_operation().and_then(Operation::due_at),
        }
    }
}

pub fn name_key(name: &TenantName) -> Key {
    Key::of(format!("name#{name}"), "name")
}

pub fn email_key(folded: &str) -> Key {
    Key::of(format!("email#{folded}"), "email")
}

pub fn operation_key(id: &OperationId) -> Key {
    Key::of(format!("operation#{id}"), "operation")
}

/// An operation that is no longer its tenant's newest.
pub fn old_operation_key(tenant: &TenantId, id: &OperationId) -> Key {
    Key::of(format!("tenant#{tenant}"), format!("operation#{id}"))
}

pub fn list_key(tenant: &TenantId) -> Key {
    Key::of(sharded("tenants", shard(tenant.as_str())), tenant.as_str())
}

pub fn due_key(tenant: &TenantId, at: Timestamp) -> Key {
    Key::of(sharded("due", shard(tenant.as_str())), format!("{}#{tenant}", moment(at)))
}

/// Names the tenant that an item is of.
pub fn of_tenant(id: &TenantId) -> [(String, AttributeValue); 1] {
    [("tenantId".to_owned(), AttributeValue::S(id.as_str().to_owned()))]
}
