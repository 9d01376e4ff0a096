//! Everything here that carries an owner: what the sweep compares with the inventories.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::{Owner, ResourceId};
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::runtime::{RuntimeError, Tagged};

use super::fault;
use super::layout::{self, Layout};
use super::pools::Pools;
use super::process::Services;
use super::spec::{self, Kind};
use super::tables::{Tables, names};

pub struct Things<'a> {
    pub layout: &'a Layout,
    pub pools: &'a dyn Pools,
    pub tables: &'a Tables,
    pub services: &'a Services,
}

impl Things<'_> {
    /// Pools, tables and services first, of which there are as many as dedicated tenants; then rows, of which
    /// there may be as many as tenants.
    pub async fn page(&self, page: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        let wanted = page.limit.saturating_add(1);
        let after = page.after.map_or_else(String::new, |position| position.0);
        let mut items = Vec::new();
        if !after.starts_with(ROWS) {
            let few = self.few().await?;
            items.extend(few.into_iter().filter(|(native, _)| *native > after).map(|(_, thing)| thing).take(wanted));
        }
        let (from, tenant) = after.strip_prefix(ROWS).and_then(|rest| rest.split_once('/')).unwrap_or_default();
        for stem in self.tables.shared()?.iter().filter(|stem| stem.as_str() >= from) {
            if items.len() >= wanted {
                break;
            }
            let tenant = if stem == from { tenant } else { "" };
            let tenants = self.tables.tenants(stem, tenant, wanted - items.len()).await?;
            items.extend(tenants.into_iter().map(|id| Tagged {
                native: format!("{ROWS}{stem}/{id}"),
                resource: ResourceId::new("rows", stem),
                kind: Kind::Rows.as_str().to_owned(),
                owner: Owner::Tenant(id),
            }));
        }
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        let next = items.last().filter(|_| more).map(|last| Position(last.native.clone()));
        Ok(Page { items, next })
    }

    /// In the order of their native names, each of which comes before [`ROWS`].
    async fn few(&self) -> Result<BTreeMap<String, Tagged>, RuntimeError> {
        let mut things = BTreeMap::new();
        let mut add = |native: String, owner: Owner, resource: ResourceId, kind: Kind| {
            let kind = kind.as_str().to_owned();
            things.insert(native.clone(), Tagged { owner, resource, kind, native });
        };
        for (owner, pool) in self.pools.owned_pools().await.map_err(fault::identity)? {
            add(format!("pool/{pool}"), owner, spec::pool_id(), Kind::Pool);
        }
        for (owner, stem) in self.tables.all()? {
            let native = self.layout.table(&owner, &stem).to_string_lossy().into_owned();
            add(format!("file/{native}"), owner, ResourceId::new("table", &stem), Kind::Table);
        }
        let running: BTreeSet<_> = self.services.keys().into_iter().collect();
        let logged: BTreeSet<_> = self.logged()?.into_iter().collect();
        for (owner, service) in logged.difference(&running).cloned() {
            let native = self.layout.log(&owner, &service).to_string_lossy().into_owned();
            add(format!("log/{native}"), owner, spec::service_id(&service), Kind::Log);
        }
        for (owner, service) in running {
            let native = self.layout.log(&owner, &service).to_string_lossy().into_owned();
            add(format!("process/{native}"), owner, spec::service_id(&service), Kind::Process);
        }
        Ok(things)
    }

    /// Services that have left logs.
    fn logged(&self) -> Result<Vec<(Owner, ServiceName)>, RuntimeError> {
        let mut logged = Vec::new();
        for folder in names(&self.layout.logs())? {
            let Some(owner) = layout::owner_of(&folder) else { continue };
            for file in names(&self.layout.logs_of(&owner))? {
                let stem = file.strip_suffix(".log").or_else(|| file.strip_suffix(".log.1"));
                let service = stem.and_then(|stem| ServiceName::parse(stem).ok());
                logged.extend(service.map(|service| (owner.clone(), service)));
            }
        }
        Ok(logged)
    }
}

const ROWS: &str = "rows/";
