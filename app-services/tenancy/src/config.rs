//! What a service process is told by whoever started it: environment variables, read once, every fault named.

use std::collections::BTreeMap;
use std::fmt;

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
    pub port: u16,
    pub service: ServiceName,
    /// Whose service this is: everybody's, or one tenant's own.
    pub owner: Owner,
    /// The one issuer whose tokens it takes.
    pub issuer: Issuer,
    pub jwks_url: String,
    /// Where each table is, by the name it has in the catalogue in upper case, '-' as '_'.
    pub tables: BTreeMap<String, String>,
    /// Only for a service that manages the tenant's users.
    pub users: Option<UsersAccess>,
}

/// How the tenant's users are reached.
#[derive(Clone, PartialEq, Eq)]
pub struct UsersAccess {
    pub url: String,
    /// Good for one pool, and a secret.
    pub token: String,
}

impl fmt::Debug for UsersAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersAccess").field("url", &self.url).finish_non_exhaustive()
    }
}

const TABLE: &str = "TENANTRY_TABLE_";

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
        let mut places = BTreeMap::new();
        for table in tables {
            let key = table.to_ascii_uppercase().replace('-', "_");
            if let Some(place) = need(&format!("{TABLE}{key}")) {
                places.insert(key, place);
            }
        }

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

        match (port, service, owner, url, pool, client, jwks_url) {
            (Some(port), Some(service), Some(owner), Some(url), Some(pool), Some(client), Some(jwks_url))
                if faults.0.is_empty() =>
            {
                let speaks_for = match &owner {
                    Owner::Stage => SpeaksFor::Pooled,
                    Owner::Tenant(id) => SpeaksFor::Tenant(id.clone()),
                };
                let (user_clients, machine_clients) = (vec![client], Vec::new());
                let issuer = Issuer { url, pool, speaks_for, algorithm, user_clients, machine_clients };
                Ok(Self { port, service, owner, issuer, jwks_url, tables: places, users })
            }
            _ => Err(faults),
        }
    }

    /// Where the table of that name is.
    pub fn table(&self, name: &str) -> Option<&str> {
        self.tables.get(&name.to_ascii_uppercase().replace('-', "_")).map(String::as_str)
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
        (Some(url), Some(token)) => Some(UsersAccess { url, token }),
        (None, None) => None,
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
        assert_eq!(config.table("orders"), Some("/data/orders.db"));
        assert_eq!(config.users, None);
    }

    #[test]
    fn a_pooled_service_needs_no_tenant() {
        let config = read(&[("TENANTRY_OWNER", Some("stage")), ("TENANTRY_TENANT_ID", None)]).unwrap();
        assert_eq!((config.owner, config.issuer.speaks_for), (Owner::Stage, SpeaksFor::Pooled));
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
