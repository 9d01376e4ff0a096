//! A tenant's pool and its users, by way of the identity provider.

use tenantry_contract::id::PoolId;
use tenantry_contract::resource::{Outputs, Owner};
use tenantry_contract::want::Whose;
use tenantry_ports::runtime::{Condition, Inputs, RuntimeError, Step, Tagged};

use super::aws::{Aws, Thing, input};
use super::spec::{self, AdminSpec, Kind, id, output};

pub async fn ensure(aws: &Aws, thing: Thing<'_>) -> Result<Step<Outputs>, RuntimeError> {
    let tier = spec::tier(thing.resource);
    Ok(match aws.pools.ensure_pool(thing.tenant()?, tier, known(thing).as_ref()).await? {
        Step::Ready((pool, client)) => Step::Ready(told(pool.into(), client.into())),
        Step::Pending { after, why } => Step::Pending { after, why },
    })
}

fn told(pool: String, client: String) -> Outputs {
    Outputs::from([(output::POOL.to_owned(), pool), (output::CLIENT.to_owned(), client)])
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    match known(thing) {
        Some(pool) => aws.pools.inspect_pool(thing.tenant()?, &pool).await,
        None => Ok(Condition::Drifted("the tenant's pool is not known".to_owned())),
    }
}

pub async fn remove(aws: &Aws, thing: Thing<'_>) -> Result<Step<()>, RuntimeError> {
    aws.pools.remove_pool(thing.tenant()?, known(thing).as_ref()).await
}

pub async fn discard(aws: &Aws, owner: &Owner, native: &str) -> Result<Step<()>, RuntimeError> {
    aws.pools.remove_pool(super::tenant(owner)?, Some(&parse(native)?)).await
}

pub async fn ensure_admin(aws: &Aws, thing: Thing<'_>, inputs: &Inputs) -> Result<Step<Outputs>, RuntimeError> {
    let AdminSpec { pool: whose, facts } = spec::read(thing.resource)?;
    let outputs = match (whose, &aws.place.pool) {
        (Whose::Own, _) => told(
            input(inputs, &id::pool(), output::POOL)?.to_owned(),
            input(inputs, &id::pool(), output::CLIENT)?.to_owned(),
        ),
        (Whose::Shared, Some(shared)) => told(shared.id.to_string(), shared.client.to_string()),
        (Whose::Shared, None) => {
            return Err(RuntimeError::permanent("the tenant is pooled, and no pool for pooled tenants is configured"));
        }
    };
    let pool = parse(outputs.get(output::POOL).map_or("", String::as_str))?;
    Ok(match aws.pools.ensure_tenant_admin(&pool, &facts).await? {
        // Where its user is, a tenant signs in: also one that has no pool of its own.
        Step::Ready(()) => Step::Ready(outputs),
        Step::Pending { after, why } => Step::Pending { after, why },
    })
}

pub async fn remove_users(aws: &Aws, thing: Thing<'_>) -> Result<Step<()>, RuntimeError> {
    let AdminSpec { pool: whose, .. } = spec::read(thing.resource)?;
    let pool = match (known(thing), whose, &aws.place.pool) {
        (Some(pool), ..) => pool,
        (None, Whose::Shared, Some(shared)) => shared.id.clone(),
        // It was not told before a crash. The users of an own pool go with it.
        (None, ..) => return Ok(Step::Ready(())),
    };
    aws.pools.remove_tenant_users(&pool, thing.tenant()?).await
}

pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let kind = || Kind::Pool.as_str().to_owned();
    let pools = aws.pools.owned_pools().await?.into_iter();
    Ok(pools.map(|(owner, pool)| Tagged { owner, resource: id::pool(), kind: kind(), native: pool.into() }).collect())
}

fn known(thing: Thing<'_>) -> Option<PoolId> {
    thing.output(output::POOL).and_then(|id| PoolId::parse(id).ok())
}

fn parse(id: &str) -> Result<PoolId, RuntimeError> {
    PoolId::parse(id).map_err(|cause| RuntimeError::transient(format!("{id:?} is no pool's id"), cause))
}
