//! The items of SBT's two tables: a member is an attribute, as SBT's own functions and whoever reads the tables
//! beside us expect. What is ours beside them begins with `tenantry_`.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::store::StoreError;

use crate::table::{Item, Read, from_value, to_value};

/// The record as JSON, but for those of the tenant's members that are attributes of the item.
pub const RECORD: &str = "tenantry_record";
/// Raised by every write.
pub const VERSION: &str = "tenantry_version";
const OURS: &str = "tenantry_";

/// Attributes of a tenant that have a field of their own in the record.
const OWNED: [&str; 6] = ["tenantId", "tenantRegistrationId", "tenantName", "email", "tier", "sbtaws_active"];

/// A tenant's item: the whole record.
pub fn tenant_item(record: &TenantRecord, version: u64) -> Result<Item, StoreError> {
    let mut item = plain(record.tenant_view());
    let mut slim = record.clone();
    slim.tenant.0.retain(|name, value| !comes_back(name, value));
    let json = serde_json::to_string(&slim).map_err(|e| StoreError::broken("a record cannot be written as JSON", e))?;
    item.insert(RECORD.into(), AttributeValue::S(json));
    item.insert(VERSION.into(), AttributeValue::N(version.to_string()));
    Ok(item)
}

/// A registration's item, for who reads SBT's table, and to find the tenant by.
pub fn registration_item(record: &TenantRecord) -> Item {
    plain(record.registration_view())
}

/// The record in a tenant's item and its version. None in one that SBT wrote and nobody adopted.
pub fn read_tenant(item: &Item) -> Result<Option<(TenantRecord, u64)>, StoreError> {
    if !item.contains_key(RECORD) {
        return Ok(None);
    }
    let mut record: TenantRecord = item.json(RECORD)?;
    let kept = std::mem::take(&mut record.tenant);
    record.tenant = free_members(item);
    record.tenant.merge(kept);
    Ok(Some((record, item.number(VERSION)?)))
}

/// The members of a tenant's item that have no field of their own.
pub fn free_members(item: &Item) -> Attributes {
    let free = item.iter().filter(|(name, _)| !OWNED.contains(&name.as_str()) && !name.starts_with(OURS));
    free.filter_map(|(name, value)| from_value(value).map(|value| (name.clone(), value))).collect()
}

/// Whether a member can be read from the item's attribute of its name.
fn comes_back(name: &str, value: &Value) -> bool {
    let as_text = name == "tenantConfig" && value.is_object();
    is_free(name) && !OWNED.contains(&name) && !as_text && to_value(value).is_some()
}

fn is_free(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(OURS)
}

/// Members as attributes; as text of JSON what DynamoDB would change.
fn plain(members: Map<String, Value>) -> Item {
    let attribute = |value: Value| to_value(&value).unwrap_or_else(|| AttributeValue::S(value.to_string()));
    members.into_iter().filter(|(name, _)| is_free(name)).map(|(name, value)| (name, attribute(value))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenantry_conformance::make::{attributes, new_tenant, registration_id, tenant_id};
    use tenantry_contract::catalogue::Placement;
    use tenantry_contract::id::OperationId;
    use tenantry_contract::lifecycle::{Minted, register};
    use tenantry_contract::time::Timestamp;

    use super::*;

    fn record(tenant: &Value) -> TenantRecord {
        let mut new = new_tenant("acme", Placement::External);
        new.tenant = attributes(tenant);
        let operation_id = OperationId::parse("o1").unwrap();
        let ids = Minted { tenant_id: tenant_id("t1"), registration_id: registration_id("r1"), operation_id };
        register(new, ids, Timestamp::from_millis(5)).record
    }

    #[test]
    fn any_record_comes_back_whole() {
        let odd = json!({
            "colour": "blue", "prices": [{ "id": "p1", "amount": 9.99 }], "whole": 1.0, "huge": 1e300, "none": null,
            "tenantConfig": { "userPoolId": "p" }, "tenantry_record": "mine", "": "nameless", "tenantName": "other",
        });
        let record = record(&odd);
        let item = tenant_item(&record, 7).unwrap();
        assert_eq!(read_tenant(&item).unwrap(), Some((record, 7)));
    }

    #[test]
    fn clients_of_sbt_find_what_they_know() {
        let record = record(&json!({ "prices": [{ "id": "p1" }], "tenantConfig": { "userPoolId": "p" } }));
        let tenant = tenant_item(&record, 1).unwrap();
        assert_eq!(tenant.text("tenantName").unwrap(), "acme");
        assert_eq!(tenant.text("tenantConfig").unwrap(), r#"{"userPoolId":"p"}"#);
        assert_eq!(tenant["sbtaws_active"], AttributeValue::Bool(true));
        assert!(tenant["prices"].as_l().is_ok());
        let registration = registration_item(&record);
        assert_eq!(registration.text("registrationStatus").unwrap(), "In progress");
        assert_eq!(registration.text("tenantId").unwrap(), "t1");
        assert_eq!(registration.text("campaign").unwrap(), "spring");
    }

    #[test]
    fn an_item_of_sbt_alone_is_no_record() {
        let mut item = tenant_item(&record(&json!({ "phone": "1" })), 1).unwrap();
        item.retain(|name, _| !name.starts_with(OURS));
        assert_eq!(read_tenant(&item).unwrap(), None);
        assert_eq!(free_members(&item), attributes(&json!({ "phone": "1" })));
    }
}
