//! What this runtime's resources are made from: the `spec` of each kind, as it is kept in an inventory.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::ResourceId;
use tenantry_contract::want::{TenantFacts, Whose};
use tenantry_ports::runtime::RuntimeError;

/// This runtime's words for what a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Pool,
    TenantAdmin,
    Cluster,
    Table,
    Rows,
    Process,
    /// What a service that does not run any more has printed.
    Log,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Pool, Self::TenantAdmin, Self::Cluster, Self::Table, Self::Rows, Self::Process, Self::Log];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::TenantAdmin => "tenant-admin",
            Self::Cluster => "cluster",
            Self::Table => "table",
            Self::Rows => "rows",
            Self::Process => "process",
            Self::Log => "log",
        }
    }

    /// Whether removing a thing of this kind may lose a tenant's data.
    pub const fn holds_data(self) -> bool {
        matches!(self, Self::Pool | Self::TenantAdmin | Self::Table | Self::Rows | Self::Log)
    }

    pub fn parse(text: &str) -> Result<Self, RuntimeError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| RuntimeError::permanent(format!("this runtime knows no {text:?}")))
    }
}

pub fn pool_id() -> ResourceId {
    ResourceId::new("pool", "users")
}

pub fn admin_id() -> ResourceId {
    ResourceId::new("user", "admin")
}

pub fn cluster_id() -> ResourceId {
    ResourceId::new("cluster", "main")
}

pub fn table_id(service: &ServiceName, table: &TableName) -> ResourceId {
    ResourceId::new("table", &stem(service, table))
}

pub fn rows_id(service: &ServiceName, table: &TableName) -> ResourceId {
    ResourceId::new("rows", &stem(service, table))
}

pub fn service_id(service: &ServiceName) -> ResourceId {
    ResourceId::new("service", service.as_str())
}

/// A table's name among all services', also the stem of its file.
pub fn stem(service: &ServiceName, table: &TableName) -> String {
    format!("{service}-{table}")
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdminSpec {
    pub pool: Whose,
    pub facts: TenantFacts,
}

/// Of a table, and of a tenant's rows in one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSpec {
    pub service: ServiceName,
    pub table: TableName,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessSpec {
    pub service: ServiceName,
    pub command: Vec<String>,
    pub health_path: String,
    pub environment: BTreeMap<String, String>,
    pub pool: Whose,
    pub tables: Vec<(TableName, Whose)>,
    pub manages_users: bool,
    pub scale: u32,
}

/// Reads a spec that [`to_value`] wrote, now or in an earlier life.
pub fn read<T: DeserializeOwned>(spec: &Value) -> Result<T, RuntimeError> {
    T::deserialize(spec).map_err(|cause| RuntimeError::Permanent {
        what: "a resource's spec is not one of this runtime's".into(),
        cause: Some(cause.into()),
    })
}

pub fn to_value<T: Serialize>(spec: &T) -> Result<Value, RuntimeError> {
    serde_json::to_value(spec).map_err(|cause| RuntimeError::Permanent {
        what: "a resource's spec cannot be written as JSON".into(),
        cause: Some(cause.into()),
    })
}

/// The same for the same value, whatever order its members are in.
pub fn digest(kind: Kind, value: &Value) -> String {
    let mut text = String::from(kind.as_str());
    canonical(value, &mut text);
    let mut hex = String::with_capacity(32);
    for byte in &Sha256::digest(text.as_bytes())[..16] {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            out.push('{');
            for (name, member) in sorted {
                let _ = write!(out, "{name:?}:");
                canonical(member, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for element in elements {
                canonical(element, out);
                out.push(',');
            }
            out.push(']');
        }
        plain => {
            let _ = write!(out, "{plain}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_digest_knows_values_and_not_their_order() {
        let digest = |text: &str| digest(Kind::Table, &serde_json::from_str(text).unwrap());
        assert_eq!(
            digest(r#"{"a":1,"b":[true,{"c":"x","d":null}]}"#),
            digest(r#"{"b":[true,{"d":null,"c":"x"}],"a":1}"#)
        );
        assert_ne!(digest(r#"{"a":1}"#), digest(r#"{"a":"1"}"#));
        assert_ne!(digest(r#"["a,b"]"#), digest(r#"["a","b"]"#));
        assert_ne!(super::digest(Kind::Rows, &json!({})), super::digest(Kind::Table, &json!({})));
    }

    #[test]
    fn every_kind_is_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()).unwrap(), kind);
        }
        assert!(!Kind::parse("ecs-service").unwrap_err().retryable());
    }
}
