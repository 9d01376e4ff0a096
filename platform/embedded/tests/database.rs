//! The database under the ports' conformance suites: in memory on a paused clock, and as a file with its threads.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are one")]

use std::any::Any;
use std::sync::Arc;

use tenantry_conformance::Subject;
use tenantry_conformance::make::START;
use tenantry_conformance::subject::{HandClock, Time, Waiting};
use tenantry_contract::event::Sources;
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::SeededIds;
use tenantry_ports::clock::Clock;

fn deps(clock: Arc<dyn Clock>) -> Deps {
    Deps { ids: Arc::new(SeededIds::new(7, clock.clone())), clock, sources: Sources::default() }
}

fn subject(database: &Database, time: Arc<dyn Time>, keep: Box<dyn Any + Send + Sync>) -> Subject {
    let database = Arc::new(database.clone());
    Subject {
        store: database.clone(),
        work: database.clone(),
        bus: database.clone(),
        log: database.clone(),
        orphans: database.clone(),
        keys: database.clone(),
        secrets: database.clone(),
        usage: database,
        time,
        keep,
    }
}

async fn in_memory() -> Subject {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::at(START));
    let database = Database::in_memory(deps(clock.clone())).unwrap();
    subject(&database, Arc::new(Waiting(clock)), Box::new(()))
}

async fn file() -> Subject {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock::at(START));
    let database = Database::open(dir.path(), deps(clock.clone())).unwrap();
    subject(&database, clock, Box::new(dir))
}

mod memory {
    use super::in_memory;
    tenantry_conformance::store_suite!(in_memory);
    tenantry_conformance::work_suite!(in_memory);
    tenantry_conformance::bus_suite!(in_memory);
    tenantry_conformance::log_suite!(in_memory);
    tenantry_conformance::keys_suite!(in_memory);
    tenantry_conformance::orphans_suite!(in_memory);
    tenantry_conformance::secrets_suite!(in_memory);
    tenantry_conformance::usage_suite!(in_memory);
}

mod files {
    use super::file;
    tenantry_conformance::store_suite!(threads: file);
    tenantry_conformance::work_suite!(threads: file);
    tenantry_conformance::bus_suite!(threads: file);
    tenantry_conformance::log_suite!(threads: file);
    tenantry_conformance::keys_suite!(threads: file);
    tenantry_conformance::orphans_suite!(threads: file);
    tenantry_conformance::secrets_suite!(threads: file);
    tenantry_conformance::usage_suite!(threads: file);
}
