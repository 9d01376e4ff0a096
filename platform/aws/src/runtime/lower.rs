//! From what a plan wants to resources on AWS. Pure.
//!
//! The stage's cluster and the pool of pooled tenants are configured: their names are in the [`Place`]. What follows from
//! the catalogue is made here: shared tables, pooled services and all that these stand on.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use tenantry_contract::catalogue::{Catalogue, Placement, Service, Table};
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::{Need, Owner, Resource, ResourceId};
use tenantry_contract::want::{Desired, Want, Whose};
use tenantry_ports::runtime::RuntimeError;

use super::names;
use super::place::Place;
use super::spec::{
    self, AdminSpec, ClusterSpec, DiscoverySpec, GroupSpec, Kind, LogsSpec, RoleSpec, ServiceSpec, TableSpec, TaskSpec,
    id,
};

/// What the catalogue calls our own image, and our own program.
const OURS: &str = "tenantry";

pub fn lower(place: &Place, catalogue: &Catalogue, desired: &Desired) -> Result<Vec<Resource>, RuntimeError> {
    let plan = Plan { place, catalogue, desired, owner: &desired.owner };
    let mut resources = Vec::new();
    for want in &desired.wants {
        plan.lower(want, &mut resources)?;
    }
    if plan.services().next().is_some() {
        resources.extend(plan.common()?);
    }
    Ok(resources)
}

struct Plan<'a> {
    place: &'a Place,
    catalogue: &'a Catalogue,
    desired: &'a Desired,
    owner: &'a Owner,
}

impl Plan<'_> {
    fn lower(&self, want: &Want, resources: &mut Vec<Resource>) -> Result<(), RuntimeError> {
        match want {
            Want::Pool | Want::Cluster if self.is_stage() => {}
            Want::Pool => resources.push(self.resource(id::pool(), Kind::Pool, &Value::Null, vec![])?),
            Want::TenantAdmin { pool } => resources.push(self.admin(*pool)?),
            Want::Cluster => {
                let spec = ClusterSpec { name: self.cluster(Whose::Own) };
                resources.push(self.resource(id::cluster(), Kind::Cluster, &spec, vec![])?);
            }
            Want::Table { service, table } => {
                let spec = self.table(service, table, Whose::Own)?;
                resources.push(self.resource(id::table(service, table), Kind::Table, &spec, vec![])?);
            }
            Want::Rows { service, table } => {
                let spec = self.table(service, table, Whose::Shared)?;
                let needs = vec![Need::Stage(id::table(service, table))];
                resources.push(self.resource(id::rows(service, table), Kind::Rows, &spec, needs)?);
            }
            Want::Service { service, cluster, pool, tables, scale } => {
                let service = self.service(service)?;
                resources.push(self.task(service, *pool, tables)?);
                let spec = DiscoverySpec { label: names::label(&service.name, self.owner), replicas: service.replicas };
                resources.push(self.resource(id::discovery(&service.name), Kind::Discovery, &spec, vec![])?);
                resources.push(self.ecs_service(service, *cluster, tables, *scale)?);
            }
        }
        Ok(())
    }

    /// What all services of an owner have in common.
    fn common(&self) -> Result<Vec<Resource>, RuntimeError> {
        let logs =
            LogsSpec { name: names::log_group(&self.place.stage, self.owner), days: self.place.log_retention_days };
        let group = GroupSpec {
            name: names::of_owner(&self.place.stage, self.owner),
            vpc: self.place.vpc.clone(),
            ports: self.ports()?,
            callers: callers(self.place),
        };
        let mut common = vec![
            self.resource(id::logs(), Kind::Logs, &logs, vec![])?,
            self.role()?,
            self.resource(id::group(), Kind::Group, &group, vec![])?,
        ];
        if self.is_stage() {
            common.push(self.rows_role()?);
        }
        Ok(common)
    }

    fn admin(&self, pool: Whose) -> Result<Resource, RuntimeError> {
        let facts =
            self.desired.tenant.clone().ok_or_else(|| permanent("an admin is wanted where there is no tenant"))?;
        let spec = AdminSpec { pool, facts };
        let made = self.resource(id::admin(), Kind::TenantAdmin, &spec, self.own(pool, id::pool()))?;
        // The first user is made once: a tenant's new e-mail or tier is no reason to make it again.
        let identity = serde_json::json!({ "pool": pool, "tenant": self.owner.tenant() });
        Ok(Resource { spec_hash: spec::digest(Kind::TenantAdmin, &identity), ..made })
    }

    fn role(&self) -> Result<Resource, RuntimeError> {
        let (mut own_tables, mut shared_tables) = (BTreeSet::new(), BTreeSet::new());
        let mut users_of = None;
        for (service, pool, tables) in self.services() {
            // The stage's tasks hold no table themselves.
            for (table, whose) in tables.iter().filter(|_| !self.is_stage()) {
                let arn = self.table_arn(&self.table_name(service, table, *whose));
                if *whose == Whose::Own {
                    own_tables.insert(arn)
                } else {
                    shared_tables.insert(arn)
                };
            }
            if self.service(service)?.manages_users {
                users_of = Some(self.pool(pool));
            }
        }
        let spec = RoleSpec {
            name: names::role(&self.place.stage, self.owner),
            path: self.place.iam_path.clone(),
            boundary: self.place.boundary.clone(),
            own_tables: own_tables.into_iter().collect(),
            shared_tables: shared_tables.into_iter().collect(),
            users_of,
            taken_on_by: None,
            takes_on: self.is_stage().then(|| self.role_arn(&names::rows_role(&self.place.stage))),
        };
        let needs = users_of.map_or_else(Vec::new, |pool| self.own(pool, id::pool()));
        self.resource(id::role(), Kind::Role, &spec, needs)
    }

    /// The pooled services' tasks reach tables only by way of it, each session narrowed to one tenant.
    fn rows_role(&self) -> Result<Resource, RuntimeError> {
        let tables =
            self.services().flat_map(|(service, _, tables)| tables.iter().map(move |(table, _)| (service, table)));
        let tables: BTreeSet<_> =
            tables.map(|(service, table)| self.table_arn(&self.table_name(service, table, Whose::Shared))).collect();
        let spec = RoleSpec {
            name: names::rows_role(&self.place.stage),
            path: self.place.iam_path.clone(),
            boundary: self.place.boundary.clone(),
            own_tables: tables.into_iter().collect(),
            shared_tables: Vec::new(),
            users_of: None,
            taken_on_by: Some(self.role_arn(&names::role(&self.place.stage, self.owner))),
            takes_on: None,
        };
        self.resource(id::rows_role(), Kind::Role, &spec, vec![])
    }

    fn task(&self, service: &Service, pool: Whose, tables: &[(TableName, Whose)]) -> Result<Resource, RuntimeError> {
        let ours = service.image == OURS;
        let spec = TaskSpec {
            service: service.name.clone(),
            family: names::family(&self.place.stage, &service.name, self.owner),
            image: if ours { self.place.image.clone() } else { service.image.clone() },
            // Another image knows what it runs; the catalogue's command is for one machine.
            command: if ours { our_arguments(service) } else { Vec::new() },
            health_command: health_command(service, ours)?,
            port: service.port,
            cpu: service.cpu,
            memory: service.memory,
            architecture: self.place.architecture.as_str().to_owned(),
            environment: self.environment(service, tables)?,
            pool: self.pool(pool),
            role_arn: self.role_arn(&names::role(&self.place.stage, self.owner)),
            execution_role_arn: self.place.execution_role.clone(),
            log_group: names::log_group(&self.place.stage, self.owner),
            region: self.place.region.clone(),
        };
        let mut needs = self.own(pool, id::pool());
        needs.push(Need::Own(id::logs()));
        self.resource(id::task(&service.name), Kind::Task, &spec, needs)
    }

    /// What a container is told; its pool is added when that is known.
    fn environment(
        &self,
        service: &Service,
        tables: &[(TableName, Whose)],
    ) -> Result<BTreeMap<String, String>, RuntimeError> {
        let mut environment = self.place.environment.clone();
        environment.extend(service.environment.clone());
        let mut set = |name: String, value: &str| environment.insert(name, value.to_owned());
        set("PORT".into(), &service.port.to_string());
        set("TENANTRY_SERVICE".into(), service.name.as_str());
        match self.owner {
            Owner::Tenant(tenant) => {
                set("TENANTRY_OWNER".into(), "tenant");
                set("TENANTRY_TENANT_ID".into(), tenant.as_str());
            }
            Owner::Stage => {
                set("TENANTRY_OWNER".into(), "stage");
                set("TENANTRY_ROWS_ROLE".into(), &self.role_arn(&names::rows_role(&self.place.stage)));
            }
        }
        set("TENANTRY_BIND".into(), "0.0.0.0");
        if service.manages_users {
            set("TENANTRY_USERS_TABLE".into(), &self.place.users_table);
        }
        for (table, whose) in tables {
            let known = self.catalogue_table(&service.name, table)?;
            let keys: Vec<_> = std::iter::once(&known.partition_key).chain(&known.sort_key).cloned().collect();
            let upper = table.as_str().to_ascii_uppercase().replace('-', "_");
            set(format!("TENANTRY_TABLE_{upper}"), &self.table_name(&service.name, table, *whose));
            set(format!("TENANTRY_TABLE_KEYS_{upper}"), &keys.join(","));
        }
        Ok(environment)
    }

    fn ecs_service(
        &self,
        service: &Service,
        cluster: Whose,
        tables: &[(TableName, Whose)],
        scale: u32,
    ) -> Result<Resource, RuntimeError> {
        let spec = ServiceSpec {
            service: service.name.clone(),
            name: names::service(&service.name, self.owner),
            cluster: self.cluster(cluster),
            scale,
            subnets: self.place.subnets.iter().map(|subnet| subnet.id.clone()).collect(),
            public_addresses: self.place.public_addresses,
            port: service.port,
            health_path: service.health_path.clone(),
        };
        let mut needs = self.own(cluster, id::cluster());
        let common = [id::task(&service.name), id::discovery(&service.name), id::role(), id::group(), id::logs()];
        needs.extend(common.map(Need::Own));
        needs.extend(self.is_stage().then(|| Need::Own(id::rows_role())));
        // So that it ends before what it reads and writes goes.
        needs.extend(tables.iter().filter_map(|(table, whose)| match whose {
            Whose::Own => Some(Need::Own(id::table(&service.name, table))),
            Whose::Shared => self.wants_rows(service, table).then(|| Need::Own(id::rows(&service.name, table))),
        }));
        self.resource(id::service(&service.name), Kind::Service, &spec, needs)
    }

    fn wants_rows(&self, service: &Service, table: &TableName) -> bool {
        let rows = Want::Rows { service: service.name.clone(), table: table.clone() };
        self.desired.wants.contains(&rows)
    }

    fn services(&self) -> impl Iterator<Item = (&ServiceName, Whose, &[(TableName, Whose)])> {
        self.desired.wants.iter().filter_map(|want| match want {
            Want::Service { service, pool, tables, .. } => Some((service, *pool, tables.as_slice())),
            _ => None,
        })
    }

    /// Ranges of ports of the owner's services. A group has room for 60 rules, and each range takes three.
    fn ports(&self) -> Result<Vec<(u16, u16)>, RuntimeError> {
        const MOST: usize = 15;
        let ports: BTreeSet<u16> =
            self.services().map(|(name, ..)| Ok(self.service(name)?.port)).collect::<Result<_, RuntimeError>>()?;
        Ok(match (ports.first(), ports.last()) {
            (Some(first), Some(last)) if ports.len() > MOST => vec![(*first, *last)],
            _ => ports.into_iter().map(|port| (port, port)).collect(),
        })
    }

    fn cluster(&self, whose: Whose) -> String {
        match (self.owner, whose) {
            (Owner::Tenant(tenant), Whose::Own) => names::of_tenant(&self.place.stage, tenant),
            (Owner::Stage, _) | (_, Whose::Shared) => self.place.cluster.clone(),
        }
    }

    fn table(&self, service: &ServiceName, table: &TableName, whose: Whose) -> Result<TableSpec, RuntimeError> {
        let known = self.catalogue_table(service, table)?;
        Ok(TableSpec {
            name: self.table_name(service, table, whose),
            partition_key: known.partition_key.clone(),
            sort_key: known.sort_key.clone(),
            recovery: self.place.point_in_time_recovery,
        })
    }

    fn table_name(&self, service: &ServiceName, table: &TableName, whose: Whose) -> String {
        match (self.owner, whose) {
            (Owner::Tenant(tenant), Whose::Own) => names::table(&self.place.stage, tenant, service, table),
            (Owner::Stage, _) | (_, Whose::Shared) => names::shared_table(&self.place.shared_tables, service, table),
        }
    }

    fn is_stage(&self) -> bool {
        self.owner == &Owner::Stage
    }

    /// The stage's own pool is the one that all of its tenants share.
    fn pool(&self, whose: Whose) -> Whose {
        if self.is_stage() { Whose::Shared } else { whose }
    }

    /// The need of one of the owner's own things. A pool and a cluster of the stage are there already.
    fn own(&self, whose: Whose, id: ResourceId) -> Vec<Need> {
        if whose == Whose::Own && !self.is_stage() { vec![Need::Own(id)] } else { Vec::new() }
    }

    fn role_arn(&self, name: &str) -> String {
        let Place { partition, account, iam_path, .. } = self.place;
        format!("arn:{partition}:iam::{account}:role{iam_path}{name}")
    }

    fn table_arn(&self, name: &str) -> String {
        let Place { partition, region, account, .. } = self.place;
        format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}")
    }

    fn service(&self, name: &ServiceName) -> Result<&Service, RuntimeError> {
        let found = self.catalogue.service(name);
        found.ok_or_else(|| permanent(format!("the catalogue has no service {:?}", name.as_str())))
    }

    fn catalogue_table(&self, service: &ServiceName, table: &TableName) -> Result<&Table, RuntimeError> {
        let found = self.service(service)?.tables.iter().find(|known| &known.name == table);
        found.ok_or_else(|| permanent(format!("the catalogue's service {service} has no table {:?}", table.as_str())))
    }

    fn resource(
        &self,
        id: ResourceId,
        kind: Kind,
        spec: &impl Serialize,
        needs: Vec<Need>,
    ) -> Result<Resource, RuntimeError> {
        let spec = serde_json::to_value(spec).map_err(|cause| RuntimeError::Permanent {
            what: format!("the spec of {id} cannot be written as JSON"),
            cause: Some(cause.into()),
        })?;
        let spec_hash = spec::digest(kind, &spec);
        let mut members = match spec {
            Value::Object(members) => members,
            _ => serde_json::Map::new(),
        };
        let tier = self.desired.tenant.as_ref().map_or(Placement::Pooled.as_str(), |facts| facts.tier.as_str());
        members.insert(spec::TIER.to_owned(), Value::from(tier));
        Ok(Resource {
            id,
            kind: kind.as_str().to_owned(),
            spec: Value::Object(members),
            spec_hash,
            needs,
            holds_data: kind.holds_data(),
            watched: kind.watched(),
        })
    }
}

fn callers(place: &Place) -> Vec<String> {
    let both: BTreeSet<_> = [&place.gateway_group, &place.provisioner_group].into_iter().cloned().collect();
    both.into_iter().collect()
}

fn our_arguments(service: &Service) -> Vec<String> {
    match service.command.split_first() {
        Some((program, arguments)) if program == OURS => arguments.to_vec(),
        _ => service.command.clone(),
    }
}

fn health_command(service: &Service, ours: bool) -> Result<Vec<String>, RuntimeError> {
    match &service.health_command {
        Some(command) if command.first().is_some_and(|word| ["CMD", "CMD-SHELL"].contains(&word.as_str())) => {
            Ok(command.clone())
        }
        Some(command) => Ok(std::iter::once("CMD".to_owned()).chain(command.iter().cloned()).collect()),
        None if ours => {
            let url = format!("http://127.0.0.1:{}{}", service.port, service.health_path);
            Ok(["CMD", "/tenantry", "probe", &url].map(str::to_owned).to_vec())
        }
        None => Err(permanent(format!(
            "the service {:?} has an image of its own and no health_command in the catalogue, so ECS could not tell \
             whether it is well",
            service.name.as_str()
        ))),
    }
}

fn permanent(what: impl Into<String>) -> RuntimeError {
    RuntimeError::permanent(what)
}

#[cfg(test)]
pub(super) mod tests;
