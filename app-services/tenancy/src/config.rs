//! What a service process is told by whoever started it: environment variables, read once, every fault named.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use tenantry_contract::id::{ClientId, PoolId, TenantId};
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;
use tenantry_ports::identity::{Algorithm, Issuer, SpeaksFor};

/// Everything wrong with a service's environment, a line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Faults(pub Vec<String>);

impl Faults {
    fn say(&mut self, variable: &str, what: impl fmt::Display) {
        self.0.push(format!("{variable}: {what}"));
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// Loopback, unless it is told that others than this machine are to reach it.
    pub bind: IpAddr,
    pub port: u16,
    pub service: ServiceName,
    /// Whose service this is: everybody's, or one tenant's own.
    pub owner: Owner,
    /// The one issuer whose tokens it takes.
    pub issuer: Issuer,
    pub jwks_url: String,
    /// Where each table is, by the name it has in the catalogue in upper case, '-' as '_'.
    pub tables: BTreeMap<String, TablePlace>,
    /// On AWS: the role whose sessions are narrowed to a tenant, in tables that all tenants share.
    pub rows_role: Option<String>,
    /// Only for a service that manages the tenant's users.
    pub users: Option<UsersAccess>,
}

/// Where a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TablePlace {
    /// A file on this machine.
    File(String),
    /// A table of DynamoDB, with the names of its keys.
    DynamoDb { table: String, partition_key: String, sort_key: String },
}

/// How the tenant's users are reached.
#[derive(Clone, PartialEq, Eq)]
pub enum UsersAccess {
    /// By the issuer's own interface. The token is good for one pool, and a secret.
    Issuer { url: String, token: String },
    /// In Cognito, and in the table of DynamoDB that says which users a tenant has.
    Cognito { table: String },
}

impl fmt::Debug for UsersAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer { url, .. } => f.debug_struct("Issuer").field("url", url).finish_non_exhaustive(),
            Self::Cognito { table } => f.debug_struct("Cognito").field("table", table).finish(),
        }
    }
}

const TABLE: &str = "TENANTRY_TABLE_";
const KEYS: &str = "TENANTRY_TABLE_KEYS_";

impl ServiceConfig {
    /// Reads the variables by name; `tables` are the names to look for.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>, tables: &[&str]) -> Result<Self, Faults> {
        let mut faults = Faults(Vec::new());
        let mut need = |name: &str| {
            let value = variable(name).filter(|v| !v.is_empty());
            if value.is_none() {
                faults.say(name, "is not set");
            }
            value
        };
        let port = need("PORT");
        let service = need("TENANTRY_SERVICE");
        let owner = need("TENANTRY_OWNER");
        let url = need("TENANTRY_ISSUER");
        let pool = need("TENANTRY_POOL_ID");
        let client = need("TENANTRY_CLIENT_ID");
        let jwks_url = need("TENANTRY_JWKS_URL");
        let tenant = if owner.as_deref() == Some("tenant") { need("TENANTRY_TENANT_ID") } else { None };
        let (mut places, mut bad_keys) = (BTreeMap::new(), Vec::new());
        for table in tables {
            let key = table.to_ascii_uppercase().replace('-', "_");
            let Some(place) = need(&format!("{TABLE}{key}")) else { continue };
            let keys = format!("{KEYS}{key}");
            match table_place(place, variable(&keys).filter(|text| !text.is_empty())) {
                Ok(place) => _ = places.insert(key, place),
                Err(why) => bad_keys.push((keys, why)),
            }
        }

        for (keys, why) in bad_keys {
            faults.say(&keys, why);
        }
        let bind = match variable("TENANTRY_BIND").filter(|text| !text.is_empty()) {
            None => Some(Ipv4Addr::LOCALHOST.into()),
            some => parsed(some, "TENANTRY_BIND", &mut faults, |text| text.parse::<IpAddr>()),
        };
        let port = parsed(port, "PORT", &mut faults, |t| match t.parse::<u16>() {
            Ok(port) if port > 0 => Ok(port),
            _ => Err("must be a port from 1 to 65535"),
        });
        let service = parsed(service, "TENANTRY_SERVICE", &mut faults, ServiceName::parse);
        let pool = parsed(pool, "TENANTRY_POOL_ID", &mut faults, PoolId::parse);
        let client = parsed(client, "TENANTRY_CLIENT_ID", &mut faults, ClientId::parse);
        let tenant = parsed(tenant, "TENANTRY_TENANT_ID", &mut faults, TenantId::parse);
        let algorithm = match variable("TENANTRY_ISSUER_ALGORITHM").as_deref() {
            None | Some("" | "ES256") => Algorithm::Es256,
            Some("RS256") => Algorithm::Rs256,
            Some(_) => {
                faults.say("TENANTRY_ISSUER_ALGORITHM", "must be ES256 or RS256");
                Algorithm::Es256
            }
        };
        let owner = match owner.as_deref() {
            Some("stage") => Some(Owner::Stage),
            Some("tenant") => tenant.map(Owner::Tenant),
            Some(_) => {
                faults.say("TENANTRY_OWNER", "must be stage or tenant");
                None
            }
            None => None,
        };
        let users = users(&variable, &mut faults);

        let rows_role = variable("TENANTRY_ROWS_ROLE").filter(|text| !text.is_empty());

        match (bind.zip(port), service, owner, url, pool, client, jwks_url) {
            (Some((bind, port)), Some(service), Some(owner), Some(url), Some(pool), Some(client), Some(jwks_url))
                if faults.0.is_empty() =>
            {
                let speaks_for = match &owner {
                    Owner::Stage => SpeaksFor::Pooled,
                    Owner::Tenant(id) => SpeaksFor::Tenant(id.clone()),
                };
                let (user_clients, machine_clients) = (vec![client], Vec::new());
                let issuer = Issuer { url, pool, speaks_for, algorithm, user_clients, machine_clients };
                Ok(Self { bind, port, service, owner, issuer, jwks_url, tables: places, rows_role, users })
            }
            _ => Err(faults),
        }
    }

    /// Where the table of that name is.
    pub fn table(&self, name: &str) -> Option<&TablePlace> {
        self.tables.get(&name.to_ascii_uppercase().replace('-', "_"))
    }
}

/// A table with keys is one of DynamoDB.
fn table_place(place: String, keys: Option<String>) -> Result<TablePlace, &'static str> {
    let Some(keys) = keys else { return Ok(TablePlace::File(place)) };
    match keys.split_once(',') {
        Some((partition_key, sort_key)) if !partition_key.is_empty() && !sort_key.is_empty() => {
            let (partition_key, sort_key) = (partition_key.to_owned(), sort_key.to_owned());
            Ok(TablePlace::DynamoDb { table: place, partition_key, sort_key })
        }
        _ => Err("must be a partition key and a sort key, with a comma between"),
    }
}

fn parsed<T, E: fmt::Display>(
    text: Option<String>,
    variable: &str,
    faults: &mut Faults,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Option<T> {
    parse(text?).map_err(|e| faults.say(variable, e)).ok()
}

fn users(variable: &impl Fn(&str) -> Option<String>, faults: &mut Faults) -> Option<UsersAccess> {
    match (variable("TENANTRY_USERS_URL"), variable("TENANTRY_SERVICE_TOKEN")) {
        (Some(url), Some(token)) => Some(UsersAccess::Issuer { url, token }),
        (None, None) => {
            let table = variable("TENANTRY_USERS_TABLE").filter(|text| !text.is_empty());
            table.map(|table| UsersAccess::Cognito { table })
        }
        (Some(_), None) => {
            faults.say("TENANTRY_SERVICE_TOKEN", "is not set, and TENANTRY_USERS_URL is");
            None
        }
        (None, Some(_)) => {
            faults.say("TENANTRY_USERS_URL", "is not set, and TENANTRY_SERVICE_TOKEN is");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 9] = [
        ("PORT", "3010"),
        ("TENANTRY_SERVICE", "orders"),
        ("TENANTRY_OWNER", "tenant"),
        ("TENANTRY_TENANT_ID", "t1"),
        ("TENANTRY_ISSUER", "http://127.0.0.1:8080/local_a"),
        ("TENANTRY_POOL_ID", "local_a"),
        ("TENANTRY_CLIENT_ID", "c1"),
        ("TENANTRY_JWKS_URL", "http://127.0.0.1:8080/local_a/.well-known/jwks.json"),
        ("TENANTRY_TABLE_ORDERS", "/data/orders.db"),
    ];

    fn read(change: &[(&str, Option<&str>)]) -> Result<ServiceConfig, Faults> {
        let mut vars: BTreeMap<&str, &str> = GOOD.into_iter().collect();
        for (name, value) in change {
            match value {
                Some(value) => vars.insert(name, value),
                None => vars.remove(name),
            };
        }
        ServiceConfig::from_vars(|name| vars.get(name).map(|v| (*v).to_owned()), &["orders"])
    }

    #[test]
    fn a_dedicated_service_trusts_an_issuer_for_its_tenant_alone() {
        let config = read(&[]).unwrap();
        assert_eq!(config.issuer.speaks_for, SpeaksFor::Tenant(TenantId::parse("t1").unwrap()));
        assert_eq!(config.table("orders"), Some(&TablePlace::File("/data/orders.db".to_owned())));
        assert_eq!(config.users, None);
    }

    #[test]
    fn a_pooled_service_needs_no_tenant() {
        let config = read(&[("TENANTRY_OWNER", Some("stage")), ("TENANTRY_TENANT_ID", None)]).unwrap();
        assert_eq!((config.owner, config.issuer.speaks_for), (Owner::Stage, SpeaksFor::Pooled));
    }

    #[test]
    fn on_aws_it_is_told_of_tables_and_answers_others() {
        let vars = [
            ("TENANTRY_BIND", Some("0.0.0.0")),
            ("TENANTRY_TABLE_ORDERS", Some("prod-orders.orders")),
            ("TENANTRY_TABLE_KEYS_ORDERS", Some("tenantId,orderId")),
            ("TENANTRY_USERS_TABLE", Some("prod-ControlPlane")),
        ];
        let config = read(&vars).unwrap();
        let (partition_key, sort_key) = ("tenantId".to_owned(), "orderId".to_owned());
        let table = TablePlace::DynamoDb { table: "prod-orders.orders".to_owned(), partition_key, sort_key };
        assert_eq!(config.table("orders"), Some(&table));
        assert_eq!(config.users, Some(UsersAccess::Cognito { table: "prod-ControlPlane".to_owned() }));
        assert!(config.bind.is_unspecified() && read(&[]).unwrap().bind.is_loopback());
        let faults = read(&[("TENANTRY_BIND", Some("all")), ("TENANTRY_TABLE_KEYS_ORDERS", Some("tenantId"))]);
        let faults = faults.unwrap_err().0;
        assert!(
            faults[0].starts_with("TENANTRY_TABLE_KEYS_ORDERS") && faults[1].starts_with("TENANTRY_BIND"),
            "{faults:?}"
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = read(&[
            ("PORT", Some("0")),
            ("TENANTRY_TENANT_ID", None),
            ("TENANTRY_JWKS_URL", Some("")),
            ("TENANTRY_TABLE_ORDERS", None),
            ("TENANTRY_USERS_URL", Some("http://127.0.0.1:1")),
        ])
        .unwrap_err();
        for name in
            ["PORT", "TENANTRY_TENANT_ID", "TENANTRY_JWKS_URL", "TENANTRY_TABLE_ORDERS", "TENANTRY_SERVICE_TOKEN"]
        {
            assert!(faults.0.iter().any(|f| f.starts_with(name)), "{name} in {faults}");
        }
        assert_eq!(faults.0.len(), 5, "{faults}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let vars = [("TENANTRY_USERS_URL", Some("http://127.0.0.1:1")), ("TENANTRY_SERVICE_TOKEN", Some("hush"))];
        let shown = format!("{:?}", read(&vars).unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }
}
