//! Where state is and by whom it is passed on: tables, bus, queues, user pools.

use std::num::NonZeroU32;

use tenantry_aws::bus::Queues;
use tenantry_aws::identity::{AdminPool, Mail, Pools, SharedPool};
use tenantry_aws::limits::Share;
use tenantry_aws::table::Tables;
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_web::ScopePolicy;

use super::Values;
use crate::config::groups;
use crate::config::origins::origin;

pub struct State {
    pub tables: Tables,
    pub queues: Queues,
    pub pools: Pools,
    pub share: Share,
    /// What the admins' groups grant.
    pub policy: ScopePolicy,
}

impl State {
    /// None if something is wrong, which is noted.
    pub fn read(values: &mut Values) -> Option<Self> {
        let queues = Queues {
            bus: values.text("event-bus"),
            provisioner: values.text("provisioner-queue"),
            control_plane: values.text("control-plane-queue"),
        };
        let share = values.read("processes", processes).map(Share::one_of);
        let policy = values.read("admin-groups", groups::groups);
        let pools = pools(values, policy.as_ref());
        Some(Self { pools: pools?, tables: tables(values), queues, share: share?, policy: policy? })
    }
}

pub fn tables(values: &Values) -> Tables {
    Tables {
        tenants: values.text("tenants-table"),
        registrations: values.text("registrations-table"),
        control_plane: values.text("control-plane-table"),
    }
}

fn processes(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of processes, such as 2"))
}

fn pools(values: &mut Values, policy: Option<&ScopePolicy>) -> Option<Pools> {
    let id = values.read("admin-pool", |id| PoolId::parse(id));
    let people = values.read("admin-user-client", |id| ClientId::parse(id));
    let machines = values.read("admin-machine-client", |id| ClientId::parse(id));
    let pooled = match (values.some("pooled-pool"), values.some("pooled-client")) {
        (Some(_), None) => {
            values.faults.say("pooled-client", "is not set, and pooled-pool is");
            None
        }
        (None, Some(_)) => {
            values.faults.say("pooled-pool", "is not set, and pooled-client is");
            None
        }
        _ => {
            let (id, client) = (
                values.read("pooled-pool", |id| PoolId::parse(id)),
                values.read("pooled-client", |id| ClientId::parse(id)),
            );
            id.zip(client).map(|(id, client)| SharedPool { id, client })
        }
    };
    // Those that are none have been noted where they are read for all roles.
    let origins = values.list("application-origin");
    let app_origins = origins.iter().filter_map(|text| origin(text).ok()).collect();
    let admins = AdminPool {
        id: id?,
        user_clients: people.into_iter().collect(),
        machine_clients: machines.into_iter().collect(),
        groups: policy.into_iter().flat_map(ScopePolicy::groups).map(str::to_owned).collect(),
    };
    Some(Pools { stage: values.text("stage"), admins: Some(admins), pooled, app_origins, mail: mail(values)? })
}

fn mail(values: &mut Values) -> Option<Mail> {
    match (values.some("mail-from"), values.some("mail-identity")) {
        (Some(from), Some(source_arn)) => Some(Mail::Ses { from, source_arn }),
        (None, None) => Some(Mail::Cognito),
        (Some(_), None) => {
            values.faults.say("mail-identity", "is not set, and mail-from is");
            None
        }
        (None, Some(_)) => {
            values.faults.say("mail-from", "is not set, and mail-identity is");
            None
        }
    }
}
