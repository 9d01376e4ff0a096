//! What a plan asks for, in words every runtime understands; an adapter lowers it to its native resources.

use serde::{Deserialize, Serialize};

use crate::catalogue::Placement;
use crate::id::TenantId;
use crate::name::{Email, ServiceName, TableName, TenantName};
use crate::resource::Owner;

/// Everything an owner is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub owner: Owner,
    /// Who the tenant is; none for the stage.
    pub tenant: Option<TenantFacts>,
    pub wants: Vec<Want>,
}

/// What names, tags and users of a tenant's resources are made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantFacts {
    pub id: TenantId,
    pub name: TenantName,
    pub email: Email,
    pub tier: String,
    pub placement: Placement,
}

/// Of two things of one kind, the owner's own or the one everybody shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Whose {
    Own,
    Shared,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Want {
    /// A user pool with its application client.
    Pool,
    /// The tenant's first user, who administers it.
    TenantAdmin { pool: Whose },
    /// A place for services.
    Cluster,
    /// A table: the tenant's own, or the stage's shared one.
    Table { service: ServiceName, table: TableName },
    /// The tenant's rows in a shared table.
    Rows { service: ServiceName, table: TableName },
    /// A running service of the catalogue.
    Service {
        service: ServiceName,
        cluster: Whose,
        pool: Whose,
        /// Whose table each of the service's tables is.
        tables: Vec<(TableName, Whose)>,
        /// 0 for a deactivated tenant.
        scale: u32,
    },
}
