//! What this runtime's resources are made from: the `spec` of each kind, as it is kept in an inventory.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::{Resource, ResourceId};
use tenantry_contract::want::{TenantFacts, Whose};
use tenantry_ports::runtime::RuntimeError;

use super::names;

macro_rules! kinds {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// This runtime's words for what a resource is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($name),+ }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

kinds! {
    Cluster = "cluster",
    Discovery = "discovery-service",
    Group = "security-group",
    Logs = "log-group",
    Pool = "user-pool",
    Role = "task-role",
    Rows = "table-rows",
    Service = "ecs-service",
    Table = "table",
    Task = "task-definition",
    TenantAdmin = "tenant-admin",
}

impl Kind {
    pub fn parse(text: &str) -> Result<Self, RuntimeError> {
        let found = Self::ALL.iter().find(|kind| kind.as_str() == text);
        found.copied().ok_or_else(|| RuntimeError::permanent(format!("the runtime on ECS knows no {text:?}")))
    }

    /// Losing it loses a tenant's data.
    pub const fn holds_data(self) -> bool {
        matches!(self, Self::Table | Self::Rows | Self::Pool)
    }

    /// It is looked at again by the timer: what keeps running, and what keeps others out.
    pub const fn watched(self) -> bool {
        matches!(self, Self::Service | Self::Pool | Self::Role | Self::Group)
    }
}

pub mod id {
    use super::{ResourceId, ServiceName, TableName, names};

    pub fn pool() -> ResourceId {
        ResourceId::new("pool", "users")
    }

    pub fn admin() -> ResourceId {
        ResourceId::new("user", "admin")
    }

    pub fn cluster() -> ResourceId {
        ResourceId::new("cluster", "main")
    }

    pub fn role() -> ResourceId {
        ResourceId::new("role", "tasks")
    }

    /// The role whose sessions the pooled services narrow.
    pub fn rows_role() -> ResourceId {
        ResourceId::new("role", "rows")
    }

    pub fn group() -> ResourceId {
        ResourceId::new("group", "services")
    }

    pub fn logs() -> ResourceId {
        ResourceId::new("logs", "services")
    }

    pub fn table(service: &ServiceName, table: &TableName) -> ResourceId {
        ResourceId::new("table", &names::stem(service, table))
    }

    pub fn rows(service: &ServiceName, table: &TableName) -> ResourceId {
        ResourceId::new("rows", &names::stem(service, table))
    }

    pub fn task(service: &ServiceName) -> ResourceId {
        ResourceId::new("task", service.as_str())
    }

    pub fn discovery(service: &ServiceName) -> ResourceId {
        ResourceId::new("discovery", service.as_str())
    }

    pub fn service(service: &ServiceName) -> ResourceId {
        ResourceId::new("service", service.as_str())
    }
}

/// Names of outputs.
pub mod output {
    pub const POOL: &str = "userPoolId";
    pub const CLIENT: &str = "appClientId";
    pub const TASK: &str = "taskDefinitionArn";
    pub const ROLE_MADE_AT: &str = "roleCreatedAt";
    /// The pool whose users the role may manage.
    pub const ROLE_POOL: &str = "rolePoolId";
    pub const GROUP: &str = "securityGroupId";
    pub const DISCOVERY: &str = "discoveryServiceId";
    pub const DISCOVERY_ARN: &str = "discoveryServiceArn";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdminSpec {
    pub pool: Whose,
    pub facts: TenantFacts,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsSpec {
    pub name: String,
    pub days: i32,
}

/// Of a table, and of a tenant's rows in one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSpec {
    pub name: String,
    pub partition_key: String,
    pub sort_key: Option<String>,
    pub recovery: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleSpec {
    pub name: String,
    pub path: String,
    pub boundary: Option<String>,
    /// ARNs of the tenant's own tables and of those it shares.
    pub own_tables: Vec<String>,
    pub shared_tables: Vec<String>,
    /// Whose users a service of it manages, if one does.
    pub users_of: Option<Whose>,
    /// ARN of the one role that may take it on. Tasks of ECS may where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_on_by: Option<String>,
    /// ARN of the role that it may take on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_on: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSpec {
    pub name: String,
    pub vpc: String,
    /// First and last of each range.
    pub ports: Vec<(u16, u16)>,
    /// Groups that may call, besides the group itself.
    pub callers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverySpec {
    /// The first label of the host name.
    pub label: String,
    pub replicas: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskSpec {
    pub service: ServiceName,
    pub family: String,
    pub image: String,
    pub command: Vec<String>,
    pub health_command: Vec<String>,
    pub port: u16,
    pub cpu: u32,
    pub memory: u32,
    pub architecture: String,
    pub environment: BTreeMap<String, String>,
    pub pool: Whose,
    pub role_arn: String,
    pub execution_role_arn: String,
    pub log_group: String,
    pub region: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSpec {
    pub service: ServiceName,
    pub name: String,
    pub cluster: String,
    pub scale: u32,
    pub subnets: Vec<String>,
    pub public_addresses: bool,
    pub port: u16,
    pub health_path: String,
}

/// Reads a spec that [`super::lower`] wrote, now or in an earlier life.
pub fn read<T: DeserializeOwned>(resource: &Resource) -> Result<T, RuntimeError> {
    T::deserialize(&resource.spec).map_err(|cause| RuntimeError::Permanent {
        what: format!("the spec of {} is not one of the runtime on ECS", resource.id),
        cause: Some(cause.into()),
    })
}

/// The tier a thing was wanted for. It is in the tags, and no reason to change anything.
pub fn tier(resource: &Resource) -> &str {
    resource.spec.get(TIER).and_then(Value::as_str).unwrap_or("unknown")
}

pub const TIER: &str = "tier";

/// The same for the same value, whatever order its members are in.
pub fn digest(kind: Kind, value: &Value) -> String {
    let mut text = String::from(kind.as_str());
    canonical(value, &mut text);
    names::digest(&text)[..32].to_owned()
}

pub fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            out.push('{');
            for (name, member) in sorted {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
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
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_digest_knows_values_and_not_their_order() {
        let digest = |text: &str| digest(Kind::Table, &serde_json::from_str(text).unwrap());
        assert_eq!(digest(r#"{"a":1,"b":[{"c":"x","d":null}]}"#), digest(r#"{"b":[{"d":null,"c":"x"}],"a":1}"#));
        assert_ne!(digest(r#"["a,b"]"#), digest(r#"["a","b"]"#));
        assert_ne!(super::digest(Kind::Rows, &json!({})), super::digest(Kind::Table, &json!({})));
    }

    #[test]
    fn every_kind_is_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()).unwrap(), *kind);
        }
        assert!(!Kind::parse("process").unwrap_err().retryable());
    }
}
