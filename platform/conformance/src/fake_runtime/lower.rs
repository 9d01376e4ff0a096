//! One resource for each want.

use serde_json::{Value, json};
use tenantry_contract::resource::{Need, Resource, ResourceId};
use tenantry_contract::want::{Desired, Want, Whose};

pub(super) fn lower(desired: &Desired) -> Vec<Resource> {
    desired.wants.iter().map(resource).collect()
}

fn resource(want: &Want) -> Resource {
    let spec = serde_json::to_value(want).unwrap_or(Value::Null);
    let of = |service: &dyn std::fmt::Display, table: &dyn std::fmt::Display| format!("{service}-{table}");
    let (id, kind, needs) = match want {
        Want::Pool => (pool(), "pool", vec![]),
        Want::TenantAdmin { pool: whose } => {
            (ResourceId::new("user", "admin"), "tenant-admin", vec![need(*whose, pool())])
        }
        Want::Cluster => (cluster(), "cluster", vec![]),
        Want::Table { service, table } => (ResourceId::new("table", &of(service, table)), "table", vec![]),
        Want::Rows { service, table } => {
            let name = of(service, table);
            (ResourceId::new("rows", &name), "rows", vec![Need::Stage(ResourceId::new("table", &name))])
        }
        Want::Service { service, cluster: in_cluster, pool: of_pool, tables, .. } => {
            let tables = tables.iter().map(|(t, whose)| need(*whose, ResourceId::new("table", &of(service, t))));
            let needs = [need(*in_cluster, cluster()), need(*of_pool, pool())].into_iter().chain(tables).collect();
            (ResourceId::new("service", service.as_str()), "process", needs)
        }
    };
    Resource {
        spec_hash: json!([spec, needs]).to_string(),
        holds_data: matches!(want, Want::Pool | Want::Table { .. } | Want::Rows { .. }),
        watched: matches!(want, Want::Service { .. }),
        kind: kind.into(),
        id,
        spec,
        needs,
    }
}

fn pool() -> ResourceId {
    ResourceId::new("pool", "users")
}

fn cluster() -> ResourceId {
    ResourceId::new("cluster", "main")
}

fn need(whose: Whose, id: ResourceId) -> Need {
    match whose {
        Whose::Own => Need::Own(id),
        Whose::Shared => Need::Stage(id),
    }
}
