//! Everything the control plane knows of one tenant: the unit that a store loads, decides on and writes.

mod salvage;

pub use self::salvage::{Salvaged, salvage};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::attributes::{Attributes, CONFIG, SERVER_OWNED, as_config};
use crate::catalogue::Placement;
use crate::id::{RegistrationId, TenantId};
use crate::name::{Email, TenantName};
use crate::operation::{Operation, OperationKind};
use crate::status::Status;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantRecord {
    pub tenant_id: TenantId,
    pub registration_id: RegistrationId,
    pub name: TenantName,
    /// The contact, which clients may change.
    pub email: Email,
    /// What the tenant's first user signs in with, where that is no longer the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<Email>,
    /// As it was sent; compared case-insensitively.
    pub tier: String,
    /// Kept from the registration: a tier that moves in the catalogue does not move tenants behind their back.
    pub placement: Placement,
    pub status: Status,
    /// The status as another application plane wrote it, such as `created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spelling: Option<String>,
    pub active: bool,
    /// Members of `tenantData` that we do not own. `tenantConfig` is among them as it came, text or object.
    pub tenant: Attributes,
    /// Members of `tenantRegistrationData` that we do not own.
    pub registration: Attributes,
    /// The newest operation, ended or not. There is always one, but for adopted tenants.
    pub operation: Option<Operation>,
    /// Raised whenever the desired state changes; a worker that saw an older one looks again.
    pub generation: u64,
    pub created_at: Timestamp,
}

impl TenantRecord {
    /// What the tenant's first user signs in with. Among pooled tenants it is one's alone until the tenant is deleted.
    pub const fn sign_in_email(&self) -> &Email {
        match &self.sign_in {
            Some(email) => email,
            None => &self.email,
        }
    }

    /// The contact of a pooled tenant, folded, where it is not the sign-in: it may not be another tenant's sign-in.
    pub fn other_contact(&self) -> Option<String> {
        let contact = self.email.folded();
        let other = self.placement == Placement::Pooled && contact != self.sign_in_email().folded();
        other.then_some(contact)
    }

    /// The tenant as `GET /tenants` shows it and as events carry it.
    pub fn tenant_view(&self) -> Map<String, Value> {
        let mut view = self.tenant.0.clone();
        // Clients parse it; an application plane may have sent the object itself.
        if let Some(config @ Value::Object(_)) = view.get_mut("tenantConfig") {
            *config = config.to_string().into();
        }
        view.insert("tenantId".into(), self.tenant_id.as_str().into());
        view.insert("tenantRegistrationId".into(), self.registration_id.as_str().into());
        view.insert("tenantName".into(), self.name.as_str().into());
        view.insert("email".into(), self.email.as_str().into());
        view.insert("tier".into(), self.tier.as_str().into());
        view.insert("sbtaws_active".into(), self.active.into());
        view
    }

    /// The registration as `GET /tenant-registrations` shows it and as events carry it.
    pub fn registration_view(&self) -> Map<String, Value> {
        let mut view = self.registration.0.clone();
        view.insert("tenantRegistrationId".into(), self.registration_id.as_str().into());
        view.insert("tenantId".into(), self.tenant_id.as_str().into());
        view.insert("registrationStatus".into(), self.shown_status().into());
        view.insert("sbtaws_active".into(), self.active.into());
        view
    }

    /// The status, as its application plane wrote it if it did.
    pub fn shown_status(&self) -> &str {
        let spelt = self.spelling.as_deref().filter(|text| Status::parse(text) == Some(self.status));
        spelt.unwrap_or(self.status.as_str())
    }

    /// Every server-owned member, wherever it is shown: what a client may send back unchanged.
    pub(crate) fn owned_view(&self) -> Map<String, Value> {
        let mut view = self.tenant_view();
        view.extend(self.registration_view());
        view.retain(|name, _| SERVER_OWNED.contains(&name.as_str()));
        // An attribute cannot pass for one of them.
        view.insert("tenantName".into(), self.name.as_str().into());
        view.insert("tier".into(), self.tier.as_str().into());
        view
    }

    /// `tenantConfig`, which an application plane may have sent as text or as an object.
    pub fn tenant_config(&self) -> Option<Map<String, Value>> {
        self.tenant.get(CONFIG).and_then(as_config)
    }

    /// Whether its offboarding was begun. A tenant never comes back from there.
    pub fn is_offboarded(&self) -> bool {
        let offboards = self.operation.as_ref().is_some_and(|op| op.kind == OperationKind::Offboard);
        offboards || matches!(self.status, Status::Deleting | Status::Deleted)
    }

    /// The operation that has not ended.
    pub fn open_operation(&self) -> Option<&Operation> {
        self.operation.as_ref().filter(|op| !op.ended())
    }
}
