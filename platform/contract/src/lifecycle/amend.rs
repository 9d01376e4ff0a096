//! PUT and PATCH: free members change; server-owned ones do not. For a tenant of an external tier a PATCH is
//! also how its application plane reports.

use serde_json::{Map, Value};

use super::apply::{alike, apply};
use super::{Applied, Decided};
use crate::attributes::{Attributes, CONFIG, TOO_DEEP, as_config};
use crate::catalogue::Placement;
use crate::event::{Report, Verdict};
use crate::name::Email;
use crate::operation::{Failure, OperationKind, OperationState};
use crate::record::TenantRecord;
use crate::status::Status;
use crate::time::Timestamp;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amendment {
    pub tenant: Option<Attributes>,
    pub registration: Option<Attributes>,
    /// SBT's bare failure report.
    pub tenant_status: Option<String>,
}

/// Why not; nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendRefused {
    /// 409
    #[error("{field} is set by the control plane and cannot be changed")]
    Owned { field: String },
    /// 409
    #[error("registrationStatus cannot become '{wanted}' now: {why}")]
    NotNow { wanted: String, why: String },
    /// 422
    #[error("{field} {rule}")]
    Invalid { field: String, rule: String },
}

pub fn amend(mut record: TenantRecord, amendment: Amendment, now: Timestamp) -> Result<Decided, AmendRefused> {
    let mut wanted = None;
    if let Some(mut sent) = amendment.tenant {
        take_config("tenantData", &record, &mut sent)?;
        let sent = take_email(&mut record, sent)?;
        let view = record.owned_view();
        owned_unchanged("tenantData", &view, &mut record.tenant, sent)?;
    }
    if let Some(mut sent) = amendment.registration {
        take_config("tenantRegistrationData", &record, &mut sent)?;
        wanted = status(&mut sent)?;
        let view = record.owned_view();
        owned_unchanged("tenantRegistrationData", &view, &mut record.registration, sent)?;
    }
    match wanted.filter(|(status, _)| *status != record.status) {
        Some(wanted) if record.placement == Placement::External => {
            report(&record, wanted, amendment.tenant_status, now)
        }
        Some(_) => Err(AmendRefused::Owned { field: "tenantRegistrationData.registrationStatus".into() }),
        None => Ok(bare_failure(record, amendment.tenant_status, now)),
    }
}

/// Where a tenant's people sign in is the provisioner's to say, and another application plane's where that one places
/// the tenant.
fn take_config(at: &str, record: &TenantRecord, sent: &mut Attributes) -> Result<(), AmendRefused> {
    if record.placement == Placement::External {
        return Ok(());
    }
    let Some(config) = sent.0.remove(CONFIG) else { return Ok(()) };
    let ours = record.tenant_config();
    if ours.is_some() && as_config(&config) == ours {
        return Ok(());
    }
    Err(AmendRefused::Owned { field: format!("{at}.{CONFIG}") })
}

/// `email` is the client's to change, but has a field of its own. Once something may have been made for the tenant,
/// its first user goes on signing in with the address that was there before.
fn take_email(record: &mut TenantRecord, mut sent: Attributes) -> Result<Attributes, AmendRefused> {
    let invalid = || AmendRefused::Invalid { field: "tenantData.email".into(), rule: Email::RULE.into() };
    if let Some(email) = sent.0.remove("email") {
        let email = email.as_str().ok_or_else(invalid)?;
        let email = Email::parse(email).map_err(|_| invalid())?;
        let before = std::mem::replace(&mut record.email, email);
        if record.placement == Placement::External || nothing_made(record) {
            record.sign_in = None;
        } else {
            record.sign_in.get_or_insert(before);
        }
        record.sign_in.take_if(|sign_in| *sign_in == record.email);
    }
    Ok(sent)
}

/// Nobody has begun to make anything of the tenant, or all of it is gone again.
fn nothing_made(record: &TenantRecord) -> bool {
    let Some(operation) = record.operation.as_ref().filter(|op| op.kind == OperationKind::Onboard) else {
        return false;
    };
    match &operation.state {
        OperationState::Waiting { .. } => operation.attempt == 1,
        OperationState::Failed { failure, .. } => failure.remains.is_empty(),
        _ => false,
    }
}

/// The status that is wanted, and the word for it.
fn status(sent: &mut Attributes) -> Result<Option<(Status, Value)>, AmendRefused> {
    let Some(value) = sent.0.remove("registrationStatus") else { return Ok(None) };
    let status = value.as_str().and_then(Status::parse);
    status.map(|status| Some((status, value))).ok_or_else(|| AmendRefused::Invalid {
        field: "tenantRegistrationData.registrationStatus".into(),
        rule: format!("must be one of {}", Status::ALL.map(Status::as_str).join(", ")),
    })
}

fn owned_unchanged(
    at: &str,
    view: &Map<String, Value>,
    own: &mut Attributes,
    sent: Attributes,
) -> Result<(), AmendRefused> {
    let (free, owned) = sent.split_owned();
    for (name, value) in owned {
        if !view.get(&name).is_some_and(|ours| alike(ours, &value)) {
            return Err(AmendRefused::Owned { field: format!("{at}.{name}") });
        }
    }
    if let Some(name) = free.too_deep() {
        return Err(AmendRefused::Invalid { field: format!("{at}.{name}"), rule: TOO_DEEP.into() });
    }
    own.merge(free);
    match own.overfilled() {
        Some(rule) => Err(AmendRefused::Invalid { field: at.into(), rule }),
        None => Ok(()),
    }
}

/// A foreign application plane's word on the operation that is under way; `text` is why it failed.
fn report(
    record: &TenantRecord,
    (status, word): (Status, Value),
    text: Option<String>,
    now: Timestamp,
) -> Result<Decided, AmendRefused> {
    let (kind, verdict) = match status {
        Status::Created => (Some(OperationKind::Onboard), Verdict::Success),
        Status::Deleted => (Some(OperationKind::Offboard), Verdict::Success),
        Status::Failed => {
            let text = text.unwrap_or_else(|| "the application plane reported a failure".to_owned());
            (None, Verdict::Failure(Failure::new(text)))
        }
        Status::InProgress | Status::Deleting | Status::Deactivated => {
            return Err(AmendRefused::Owned { field: "tenantRegistrationData.registrationStatus".into() });
        }
    };
    let mut said = said(record, kind, verdict);
    said.registration_data.0.insert("registrationStatus".into(), word);
    match apply(record.clone(), said, now) {
        Ok(Applied { decided, .. }) => Ok(decided),
        Err(why) => Err(AmendRefused::NotNow { wanted: status.to_string(), why: why.to_string() }),
    }
}

fn bare_failure(record: TenantRecord, text: Option<String>, now: Timestamp) -> Decided {
    let Some(text) = text.filter(|_| record.placement == Placement::External) else { return Decided::quiet(record) };
    let failed = said(&record, None, Verdict::Failure(Failure::new(text)));
    // SBT's jobs send it twice at times; with nothing under way it says nothing new.
    apply(record.clone(), failed, now).map_or_else(|_| Decided::quiet(record), |applied| applied.decided)
}

fn said(record: &TenantRecord, kind: Option<OperationKind>, verdict: Verdict) -> Report {
    Report {
        event_key: None,
        registration_id: record.registration_id.clone(),
        attempt: None,
        kind,
        verdict,
        tenant_data: Attributes::default(),
        registration_data: Attributes::default(),
    }
}
