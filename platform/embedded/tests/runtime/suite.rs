//! The suite every runtime must pass.

use std::any::Any;
use std::future::{Ready, ready};
use std::sync::Arc;

use tenantry_conformance::runtime::RuntimeSubject;
use tenantry_contract::resource::Owner;
use tenantry_contract::want::{Desired, Want, Whose};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::identity::{BaseUrl, Identity, IdentityConfig};
use tenantry_embedded::ids::SeededIds;
use tenantry_embedded::runtime::LocalRuntime;
use tenantry_embedded::sqlite::{Mode, Place};
use tenantry_ports::runtime::Runtime;

use crate::support::{World, config, facts, little, pace, service, table, tenant};

fn desired(owner: Owner, wants: Vec<Want>) -> Desired {
    Desired { tenant: owner.tenant().map(facts), owner, wants }
}

fn things() -> Want {
    Want::Table { service: service("shop"), table: table("big-things") }
}

fn rows() -> Want {
    Want::Rows { service: service("shop"), table: table("big-things") }
}

fn shop(cluster: Whose, pool: Whose, things: Whose, scale: u32) -> Want {
    Want::Service { service: service("shop"), cluster, pool, tables: vec![(table("big-things"), things)], scale }
}

fn subject(runtime: Arc<dyn Runtime>, keep: Box<dyn Any + Send + Sync>) -> RuntimeSubject {
    use Whose::{Own, Shared};
    let admin = |pool| Want::TenantAdmin { pool };
    RuntimeSubject {
        runtime,
        stage: desired(Owner::Stage, vec![Want::Pool, Want::Cluster, things(), shop(Shared, Shared, Shared, 1)]),
        tenants: vec![
            desired(tenant("premium"), vec![Want::Pool, admin(Own), Want::Cluster, things(), shop(Own, Own, Own, 2)]),
            desired(tenant("advanced"), vec![Want::Pool, admin(Own), rows(), shop(Shared, Own, Shared, 1)]),
            desired(tenant("basic"), vec![admin(Shared), rows()]),
        ],
        keep,
    }
}

mod over_a_fake_issuer {
    use super::*;

    fn local() -> Ready<RuntimeSubject> {
        let dir = tempfile::tempdir().unwrap();
        let world = World::open(dir.path(), &little());
        ready(subject(world.runtime.clone(), Box::new((dir, world))))
    }

    tenantry_conformance::runtime_suite!(threads: local);
}

mod over_the_local_issuer {
    use super::*;

    async fn local() -> RuntimeSubject {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock::new());
        let identity = Identity::open(
            Place::File(dir.path().join("identity.db")),
            Mode::Threaded,
            IdentityConfig::new(dir.path().join("mail"), BaseUrl::fixed("http://127.0.0.1:8080")),
            clock.clone(),
            Arc::new(SeededIds::new(7, clock)),
        );
        let identity = identity.await.unwrap();
        let runtime = LocalRuntime::open(config(dir.path(), &little(), pace()), Arc::new(identity)).unwrap();
        subject(Arc::new(runtime), Box::new(dir))
    }

    tenantry_conformance::runtime_suite!(threads: local);
}
