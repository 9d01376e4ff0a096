//! The port's suite.

use std::sync::Arc;

use tenantry_conformance::Subject;
use tenantry_conformance::make::START;
use tenantry_contract::event::Sources;
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::SeededIds;
use tokio::time::Instant;

use crate::hurried::{HurriedBus, HurriedTime};
use crate::stand::Stand;
use crate::support::emulator::Emulator;

/// The suite of a bus looks at nothing but the bus: the rest of the subject is another adapter's.
async fn subject(emulator: Emulator) -> Subject {
    let stand = Stand::new(&emulator).await;
    let clock = Arc::new(SystemClock::at(START));
    let deps = Deps { ids: Arc::new(SeededIds::new(7, clock.clone())), clock, sources: Sources::default() };
    let rest = Arc::new(Database::in_memory(deps).unwrap());
    Subject {
        bus: Arc::new(HurriedBus(stand.bus.clone())),
        time: Arc::new(HurriedTime(Instant::now())),
        store: rest.clone(),
        work: rest.clone(),
        log: rest.clone(),
        orphans: rest.clone(),
        keys: rest.clone(),
        secrets: rest.clone(),
        usage: rest,
        keep: Box::new(stand),
    }
}

mod ministack {
    use super::{Emulator, subject};

    async fn fresh() -> tenantry_conformance::Subject {
        subject(Emulator::ministack()).await
    }

    tenantry_conformance::bus_suite!(threads: fresh);
}

mod moto {
    use super::{Emulator, subject};

    async fn fresh() -> tenantry_conformance::Subject {
        subject(Emulator::moto()).await
    }

    tenantry_conformance::bus_suite!(threads: fresh);
}
