//! A tenant and its registration as SBT wrote them.

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::attributes::{Attributes, MAX_BYTES};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_contract::lifecycle::Foundling;
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::status::Status;

use crate::store::sbt;
use crate::table::{Item, Read, from_value};

const ACTIVE: &str = "sbtaws_active";

/// Or why it cannot be read, and what to do about it.
pub fn foundling(tenant: &Item, registration: &Item, catalogue: &Catalogue) -> Result<Foundling, String> {
    let tenant_id = TenantId::parse(text(tenant, "tenantId")?).map_err(|e| format!("tenantId {e}"))?;
    let registration_id = text(registration, "tenantRegistrationId")?;
    let registration_id = RegistrationId::parse(registration_id).map_err(|e| format!("tenantRegistrationId {e}"))?;
    if registration.maybe_text("tenantId") != Some(tenant_id.as_str()) {
        return Err(format!("its registration {registration_id} is of another tenant; set tenantId there"));
    }
    let name = text(tenant, "tenantName")?;
    let name = TenantName::parse(name).map_err(|e| format!("tenantName {name:?} {e}; change it in the table"))?;
    let email = text(tenant, "email")?;
    let email = Email::parse(email).map_err(|e| format!("email {e}; change it in the table"))?;
    let status = text(registration, "registrationStatus")?;
    let known = Status::ALL.map(Status::as_str).join(", ");
    let status = Status::parse(status)
        .ok_or_else(|| format!("registrationStatus {status:?} is none of {known}; change it in the table"))?;
    let tier = text(tenant, "tier")?.to_owned();
    if status != Status::Deleted && catalogue.tier(&tier).is_none() {
        return Err(format!("its tier {tier:?} is not in the catalogue; put it there, as placement external"));
    }
    for item in [tenant, registration] {
        if let Some((name, _)) = item.iter().find(|(_, value)| has_bytes(value)) {
            return Err(format!("{name} has bytes in it, which are lost in JSON; write them as text"));
        }
    }
    let members = registration.iter().filter_map(|(name, value)| Some((name.clone(), from_value(value)?)));
    let (registration, _) = members.collect::<Attributes>().split_owned();
    Ok(Foundling {
        tenant_id,
        registration_id,
        name,
        email,
        tier,
        status,
        active: active(tenant)?,
        tenant: fitting(sbt::free_members(tenant), "tenant")?,
        registration: fitting(registration, "registration")?,
    })
}

fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, String> {
    let found = item.maybe_text(name).filter(|text| !text.is_empty());
    found.ok_or_else(|| format!("{} has no {name}; write it into the table", item.called()))
}

/// Early tenants have no such attribute.
fn active(tenant: &Item) -> Result<bool, String> {
    match tenant.attribute(ACTIVE) {
        None => Ok(true),
        Some(AttributeValue::Bool(active)) => Ok(*active),
        Some(_) => Err(format!("{ACTIVE} is neither true nor false; change it in the table")),
    }
}

fn fitting(attributes: Attributes, whose: &str) -> Result<Attributes, String> {
    if attributes.too_large() {
        return Err(format!("the {whose}'s attributes are larger than {MAX_BYTES} bytes and would not fit an event"));
    }
    Ok(attributes)
}

fn has_bytes(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::B(_) | AttributeValue::Bs(_) => true,
        AttributeValue::L(items) => items.iter().any(has_bytes),
        AttributeValue::M(members) => members.values().any(has_bytes),
        _ => false,
    }
}
