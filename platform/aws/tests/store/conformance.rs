use std::sync::Arc;

use tenantry_conformance::Subject;

use crate::support::emulator::Emulator;
use crate::support::outbox::OutboxBus;
use crate::support::subject::fresh;

async fn subject(emulator: Emulator) -> Subject {
    let fresh = fresh(&emulator).await;
    let database = Arc::new(fresh.database.clone());
    Subject {
        store: database.clone(),
        work: database.clone(),
        bus: Arc::new(OutboxBus::new(fresh.database)),
        log: database.clone(),
        orphans: database.clone(),
        keys: database.clone(),
        secrets: database.clone(),
        usage: database,
        time: fresh.clock,
        keep: Box::new(fresh.keep),
    }
}

async fn on_ministack() -> Subject {
    subject(Emulator::ministack()).await
}

async fn on_moto() -> Subject {
    subject(Emulator::moto()).await
}

mod ministack {
    use super::on_ministack;
    tenantry_conformance::store_suite!(threads: on_ministack);
    tenantry_conformance::log_suite!(threads: on_ministack);
    tenantry_conformance::keys_suite!(threads: on_ministack);
    tenantry_conformance::orphans_suite!(threads: on_ministack);
    tenantry_conformance::secrets_suite!(threads: on_ministack);
    tenantry_conformance::usage_suite!(threads: on_ministack);
    tenantry_conformance::work_suite!(threads: on_ministack);
}

mod moto {
    use super::on_moto;
    tenantry_conformance::store_suite!(threads: on_moto);
    tenantry_conformance::log_suite!(threads: on_moto);
    tenantry_conformance::keys_suite!(threads: on_moto);
    tenantry_conformance::orphans_suite!(threads: on_moto);
    tenantry_conformance::secrets_suite!(threads: on_moto);
    tenantry_conformance::usage_suite!(threads: on_moto);
    tenantry_conformance::work_suite!(threads: on_moto);
}
