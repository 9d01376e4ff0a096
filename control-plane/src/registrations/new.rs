//! From the body of a registration to a [`NewTenant`]: every fault is named, and nothing is half-believed.

use serde_json::{Map, Value};
use tenantry_contract::attributes::{Attributes, CONFIG};
use tenantry_contract::catalogue::{Catalogue, Placement, Tier};
use tenantry_contract::lifecycle::NewTenant;
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::status::Status;
use tenantry_web::Problem;

use crate::edge::attributes::{check_size, object, settle};
use crate::edge::body::Body;
use crate::edge::faults::Faults;

pub(crate) fn parse(body: &Body, catalogue: &Catalogue, traceparent: Option<String>) -> Result<NewTenant, Problem> {
    let mut sent = body.object()?;
    let mut faults = Faults::default();
    let there = sent.get("tenantData").is_some_and(|data| !data.is_null());
    let Some(mut tenant) = object(&mut sent, "tenantData", &mut faults) else {
        if !there {
            faults.say("tenantData", "is required");
        }
        return faults.or(None);
    };
    let mut registration = object(&mut sent, "tenantRegistrationData", &mut faults).unwrap_or_default();

    let name = text(&mut tenant, "tenantName", &mut faults)
        .and_then(|name| faults.take("tenantData.tenantName", TenantName::parse(name)));
    let email =
        text(&mut tenant, "email", &mut faults).and_then(|email| faults.take("tenantData.email", Email::parse(email)));
    let tier = text(&mut tenant, "tier", &mut faults).and_then(|sent| known(sent, catalogue, &mut faults));
    status(&registration, &mut faults);
    let placement = tier.as_ref().map(|(_, tier)| tier.placement);
    settle(&mut tenant, "tenantData.", placement, &mut faults);
    settle(&mut registration, "tenantRegistrationData.", placement, &mut faults);
    if placement.is_some_and(|placement| placement != Placement::External) {
        no_config(&tenant, "tenantData", &mut faults);
        no_config(&registration, "tenantRegistrationData", &mut faults);
    }

    // Ids and states are ours to give, whatever was sent.
    let (tenant, _) = Attributes(tenant).split_owned();
    let (registration, _) = Attributes(registration).split_owned();
    if !body.is_small() {
        check_size(&tenant, "tenantData", &mut faults);
        check_size(&registration, "tenantRegistrationData", &mut faults);
    }
    let new = match (name, email, tier) {
        (Some(name), Some(email), Some((sent, tier))) => Some(NewTenant {
            name,
            email,
            tier: sent,
            placement: tier.placement,
            budget: tier.budget,
            tenant,
            registration,
            traceparent,
        }),
        _ => None,
    };
    faults.or(new)
}

/// Where the people of a tenant that we place sign in is ours to say.
fn no_config(members: &Map<String, Value>, at: &str, faults: &mut Faults) {
    if members.contains_key(CONFIG) {
        let rule =
            "is set by the control plane: leave it out, or register the tenant in a tier whose placement is external";
        faults.say(format!("{at}.{CONFIG}"), rule);
    }
}

fn text(members: &mut Map<String, Value>, name: &str, faults: &mut Faults) -> Option<String> {
    match members.remove(name) {
        Some(Value::String(text)) => return Some(text),
        None | Some(Value::Null) => faults.say(format!("tenantData.{name}"), "is required"),
        Some(_) => faults.say(format!("tenantData.{name}"), "must be a text"),
    }
    None
}

/// The tier as it was sent, and what the catalogue says of it.
fn known<'a>(sent: String, catalogue: &'a Catalogue, faults: &mut Faults) -> Option<(String, &'a Tier)> {
    if let Some(tier) = catalogue.tier(&sent) {
        return Some((sent, tier));
    }
    let names = catalogue.tiers.iter().map(|tier| tier.name.as_str()).collect::<Vec<_>>().join(", ");
    faults.say("tenantData.tier", format!("must be one of {names}"));
    None
}

/// A status is ours to give; one that is none at all is a mistake worth telling.
fn status(registration: &Map<String, Value>, faults: &mut Faults) {
    let Some(sent) = registration.get("registrationStatus") else { return };
    if sent.as_str().and_then(Status::parse).is_none() {
        let known = Status::ALL.map(Status::as_str).join(", ");
        faults.say("tenantRegistrationData.registrationStatus", format!("is an illegal status; the known are {known}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use serde_json::json;

    fn parsed(body: &Value) -> Result<NewTenant, Problem> {
        let catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
        parse(&Body(Bytes::from(body.to_string())), &catalogue, None)
    }

    fn fields(body: &Value) -> Vec<String> {
        parsed(body).unwrap_err().errors().iter().map(|error| error.field.clone()).collect()
    }

    #[test]
    fn what_was_sent_is_kept_and_what_is_ours_is_not() {
        let new = parsed(&json!({
            "tenantId": "mine",
            "tenantData": {
                "tenantName": "acme", "email": "a@b.co", "tier": "BASIC", "useRProxy": true,
                "tenantId": "x", "sbtaws_active": false, "phone": "1",
            },
            "tenantRegistrationData": {"registrationStatus": "created", "note": "n"},
        }))
        .unwrap();
        assert_eq!(new.tier, "BASIC");
        assert_eq!(Value::Object(new.tenant.0), json!({"useRProxy": "true", "phone": "1"}));
        assert_eq!(Value::Object(new.registration.0), json!({"note": "n"}));
    }

    #[test]
    fn every_fault_is_named() {
        let body = json!({
            "tenantData": {"tenantName": "Acme", "email": 7, "tier": "gold", "useEc2": true},
            "tenantRegistrationData": {"registrationStatus": "Resting"},
        });
        assert_eq!(
            fields(&body),
            [
                "tenantData.tenantName",
                "tenantData.email",
                "tenantData.tier",
                "tenantRegistrationData.registrationStatus",
                "tenantData.useEc2",
            ]
        );
        let problem = parsed(&body).unwrap_err();
        assert!(problem.message().contains("must be one of basic, advanced, premium"), "{}", problem.message());
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(fields(&json!({})), ["tenantData"]);
        assert_eq!(fields(&json!({"tenantData": []})), ["tenantData"]);
        assert_eq!(
            fields(&json!({"tenantData": {}})),
            ["tenantData.tenantName", "tenantData.email", "tenantData.tier"]
        );
    }

    #[test]
    fn a_tenant_has_a_largest_size() {
        let large = "x".repeat(97 * 1024);
        let body = json!({"tenantData": {"tenantName": "a", "email": "a@b.co", "tier": "basic", "note": large}});
        assert_eq!(fields(&body), ["tenantData"]);
    }
}
