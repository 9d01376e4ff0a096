//! How a tenant stands: active or not, of which tier, placed where. Read from the store, believed for a moment.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use tenantry_contract::catalogue::{Catalogue, Placement};
use tenantry_contract::id::TenantId;
use tenantry_contract::record::TenantRecord;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;
use tenantry_ports::store::{StoreError, TenantStore};
use tenantry_web::Problem;
use tokio::time::Instant;

/// A tenant that may be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub placement: Placement,
    /// Whose services serve it.
    pub owner: Owner,
    /// Its tier's place in the catalogue.
    pub tier: usize,
    pub requests_per_day: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Open(Arc<Open>),
    /// There is no such tenant, or none any more.
    Unknown,
    Closed(&'static str),
}

#[derive(Clone)]
struct Believed {
    standing: Standing,
    since: Instant,
}

pub struct Standings {
    store: Arc<dyn TenantStore>,
    catalogue: Arc<Catalogue>,
    ttl: Duration,
    cache: Cache<TenantId, Believed>,
}

/// Tenants remembered at once; the least asked for are forgotten.
const REMEMBERED: usize = 100_000;

impl Standings {
    pub fn new(store: Arc<dyn TenantStore>, catalogue: Arc<Catalogue>, ttl: Duration) -> Self {
        Self { store, catalogue, ttl, cache: Cache::new(REMEMBERED) }
    }

    /// The tenant, if it may be served. Of many who ask at once for one we do not know, one asks the store.
    pub async fn of(&self, id: &TenantId) -> Result<Arc<Open>, Problem> {
        let mut believed = self.ask(id).await?;
        if self.is_stale(&believed) {
            self.cache.remove_if(id, |cached| self.is_stale(cached));
            believed = self.ask(id).await?;
        }
        match believed.standing {
            Standing::Open(open) => Ok(open),
            Standing::Unknown => Err(Problem::not_found("There is no such tenant.")),
            Standing::Closed(why) => Err(Problem::forbidden(why)),
        }
    }

    /// Asks the store again about a tenant.
    pub fn forget(&self, id: &TenantId) {
        self.cache.remove(id);
    }

    /// Asks the store again about everybody.
    pub fn forget_all(&self) {
        self.cache.clear();
    }

    fn is_stale(&self, believed: &Believed) -> bool {
        believed.since.elapsed() >= self.ttl
    }

    async fn ask(&self, id: &TenantId) -> Result<Believed, StoreError> {
        self.cache
            .get_or_insert_async(id, async {
                let record = self.store.tenant(id).await?;
                let standing = record.map_or(Standing::Unknown, |record| self.judge(&record));
                Ok(Believed { standing, since: Instant::now() })
            })
            .await
    }

    fn judge(&self, record: &TenantRecord) -> Standing {
        match record.status {
            Status::Created if record.active => {}
            Status::Created | Status::Deactivated => return Standing::Closed("The tenant is not active."),
            Status::InProgress => return Standing::Closed("The tenant is still being set up."),
            Status::Failed => return Standing::Closed("The tenant is not in service."),
            Status::Deleting => return Standing::Closed("The tenant is being removed."),
            Status::Deleted => return Standing::Unknown,
        }
        let owner = match record.placement {
            Placement::Pooled => Owner::Stage,
            Placement::DedicatedServices | Placement::DedicatedCluster => Owner::Tenant(record.tenant_id.clone()),
            Placement::External => return Standing::Closed("The tenant is served elsewhere."),
        };
        let found = self.catalogue.tiers.iter().position(|tier| tier.name.eq_ignore_ascii_case(&record.tier));
        let Some(tier) = found else { return Standing::Closed("The tenant's tier is not offered any more.") };
        let requests_per_day = self.catalogue.tiers[tier].limits.requests_per_day;
        Standing::Open(Arc::new(Open { placement: record.placement, owner, tier, requests_per_day }))
    }
}
