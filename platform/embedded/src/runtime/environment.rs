//! What a service's process is told, and nothing of what its parent knows beyond that.

use tenantry_contract::id::PoolId;
use tenantry_contract::resource::{Need, Outputs, Owner};
use tenantry_contract::want::Whose;
use tenantry_ports::runtime::{Inputs, RuntimeError};

use super::pools::Pools;
use super::spec::{self, ProcessSpec};
use super::tables::Tables;

/// Names of a pool's outputs.
pub const POOL: &str = "userPoolId";
pub const CLIENT: &str = "appClientId";

/// What every child of ours has from its parent's world.
#[derive(Debug, Clone)]
pub struct Base {
    pub path: String,
    pub lang: String,
}

pub struct Environment {
    pub variables: Vec<(String, String)>,
    /// Values no message may show.
    pub secrets: Vec<String>,
}

pub fn of(
    owner: &Owner,
    spec: &ProcessSpec,
    inputs: &Inputs,
    base: &Base,
    pools: &dyn Pools,
    tables: &Tables,
) -> Result<Environment, RuntimeError> {
    let outputs = pool_outputs(owner, spec.pool, inputs)?;
    let pool = output(outputs, POOL)?;
    let pool_id = PoolId::parse(pool).map_err(|cause| RuntimeError::transient("a pool's id is none", cause))?;
    let issuer = pools.issuer_url(&pool_id);
    let mut env = List(vec![("PATH".into(), base.path.clone()), ("LANG".into(), base.lang.clone())]);
    env.0.extend(spec.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    env.set("TENANTRY_SERVICE", spec.service.as_str());
    match owner {
        Owner::Stage => env.set("TENANTRY_OWNER", "stage"),
        Owner::Tenant(id) => {
            env.set("TENANTRY_OWNER", "tenant");
            env.set("TENANTRY_TENANT_ID", id.as_str());
        }
    }
    env.set("TENANTRY_JWKS_URL", &pools.jwks_url(&pool_id));
    env.set("TENANTRY_ISSUER", &issuer);
    env.set("TENANTRY_POOL_ID", pool);
    env.set("TENANTRY_CLIENT_ID", output(outputs, CLIENT)?);
    for (table, whose) in &spec.tables {
        let holder = if *whose == Whose::Own { owner } else { &Owner::Stage };
        let path = tables.path(holder, &spec::stem(&spec.service, table));
        let name = table.as_str().to_ascii_uppercase().replace('-', "_");
        env.set(&format!("TENANTRY_TABLE_{name}"), &path.to_string_lossy());
    }
    let mut secrets: Vec<String> =
        spec.environment.iter().filter(|(name, _)| names_a_secret(name)).map(|(_, value)| value.clone()).collect();
    if spec.manages_users {
        let token = pools.service_token(&pool_id);
        env.set("TENANTRY_SERVICE_TOKEN", &token);
        env.set("TENANTRY_USERS_URL", &pools.users_url(&pool_id));
        secrets.push(token);
    }
    Ok(Environment { variables: env.0, secrets })
}

struct List(Vec<(String, String)>);

impl List {
    fn set(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }
}

/// What the pool told that the resource needs.
pub fn pool_outputs<'a>(owner: &Owner, whose: Whose, inputs: &'a Inputs) -> Result<&'a Outputs, RuntimeError> {
    let need = match (owner, whose) {
        (Owner::Tenant(_), Whose::Shared) => Need::Stage(spec::pool_id()),
        (Owner::Stage, _) | (_, Whose::Own) => Need::Own(spec::pool_id()),
    };
    inputs.get(&need).ok_or_else(|| missing("a pool"))
}

pub fn output<'a>(outputs: &'a Outputs, name: &str) -> Result<&'a str, RuntimeError> {
    outputs.get(name).map(String::as_str).ok_or_else(|| missing(name))
}

/// It may have been made since.
fn missing(what: &str) -> RuntimeError {
    RuntimeError::Transient { what: format!("{what} is not known yet"), retry_after: None, cause: None }
}

/// By its name, as nobody marks them.
fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSWORD", "KEY"].iter().any(|word| name.contains(word))
}
