//! An orphan as clients see it.

use serde::{Deserialize, Serialize};
use tenantry_contract::orphan::Orphan;
use utoipa::ToSchema;

/// A thing that carries this stage's tags and that no inventory names.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Orphan)]
pub(crate) struct OrphanView {
    pub orphan_id: String,
    /// The tenant that its tags name; absent for a thing of the stage.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tenant_id: Option<String>,
    /// The resource that its tags name, such as `table/orders-orders`.
    pub resource: String,
    /// The runtime's word for what it is.
    pub kind: String,
    /// The runtime's own name for it, such as a table's name or a file's path.
    pub native: String,
    /// Removing it may lose a tenant's data. Only an operator removes such an orphan.
    pub holds_data: bool,
    /// The thing that the inventory names in its place, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded_twin: Option<String>,
    #[schema(format = "date-time")]
    pub first_seen: String,
    /// When an operator asked for its removal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(format = "date-time")]
    pub removal_requested_at: Option<String>,
}

impl From<Orphan> for OrphanView {
    fn from(orphan: Orphan) -> Self {
        Self {
            orphan_id: orphan.id.to_string(),
            tenant_id: orphan.owner.tenant().map(ToString::to_string),
            resource: orphan.resource.to_string(),
            kind: orphan.kind,
            native: orphan.native,
            holds_data: orphan.holds_data,
            recorded_twin: orphan.recorded_twin,
            first_seen: orphan.first_seen.to_string(),
            removal_requested_at: orphan.removal_requested.map(|at| at.to_string()),
        }
    }
}
