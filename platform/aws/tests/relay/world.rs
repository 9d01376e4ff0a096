//! Tables, a bus, and relays between them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tenantry_aws::bus::AwsBus;
use tenantry_aws::relay::{Pace, Relay};
use tenantry_aws::table::{Database, Item, Read};
use tenantry_conformance::make::new_tenant;
use tenantry_conformance::subject::Time as _;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Event;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::bus::{Bus as _, Consumer};
use tenantry_ports::store::{Registered, TenantStore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::emulator::Emulator;
use crate::support::stand::Stand;
use crate::support::subject::{Fresh, fresh, fresh_at};

pub struct World {
    pub emulator: Emulator,
    pub tables: Fresh,
    pub stand: Stand,
}

/// A relay at work.
pub struct Running {
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
}

/// In a hurry, where time is real. What is young is so by the tables' clock, which stands still.
pub const HURRIED: Pace = Pace {
    alone: Duration::from_millis(5),
    together: Duration::from_millis(50),
    clean: Duration::from_millis(50),
    young: YOUNG,
    sweep: Duration::from_millis(100),
    quiet: Duration::from_millis(100),
    last: Duration::from_secs(10),
};
pub const YOUNG: Duration = Duration::from_secs(10);
const DEADLINE: Duration = Duration::from_secs(30);

impl World {
    pub async fn new(emulator: Emulator) -> Self {
        let tables = fresh(&emulator).await;
        let stand = Stand::new(&emulator).await;
        Self { emulator, tables, stand }
    }

    /// Another process's handle on the same tables, through somebody who listens at `url`.
    pub async fn other(&self, url: &str) -> Fresh {
        fresh_at(&self.emulator, url).await
    }

    /// What is in the outbox is nobody's any more.
    pub async fn age(&self) {
        self.tables.clock.pass(YOUNG * 2).await;
    }

    pub fn relay(&self) -> Running {
        relay(&self.tables.database, self.stand.bus.clone())
    }

    /// What is in the outbox.
    pub async fn outbox(&self) -> Vec<Item> {
        self.tables.database.merged("outbox", 1_000, |query| query).await.unwrap()
    }

    pub async fn until_the_outbox_has(&self, rows: usize) {
        until("the outbox is not as it should be", || async { self.outbox().await.len() == rows }).await;
    }

    /// Messages until there are so many different ones; more of them if some came twice.
    pub async fn heard(&self, different: usize) -> Vec<Event> {
        let inbox = self.stand.bus.inbox(Consumer::Provisioner);
        let (mut events, deadline) = (Vec::new(), Instant::now() + DEADLINE);
        while keys(&events).len() < different {
            assert!(Instant::now() < deadline, "{} of {different} came", keys(&events).len());
            let got = inbox.receive(10, Duration::from_secs(1), Duration::from_secs(300)).await.unwrap();
            events.extend(got.iter().map(|delivery| Event::parse(&delivery.body).unwrap()));
        }
        events
    }

    /// What is in the queue now, for when nothing more is to come.
    pub async fn rest(&self) -> Vec<Event> {
        let inbox = self.stand.bus.inbox(Consumer::Provisioner);
        let mut events = Vec::new();
        loop {
            let got = inbox.receive(10, Duration::from_secs(1), Duration::from_secs(300)).await.unwrap();
            if got.is_empty() {
                return events;
            }
            events.extend(got.iter().map(|delivery| Event::parse(&delivery.body).unwrap()));
        }
    }
}

pub fn relay(database: &Database, bus: Arc<AwsBus>) -> Running {
    let stop = CancellationToken::new();
    let relay = Relay::new(database.clone(), bus).paced(HURRIED);
    Running { task: tokio::spawn(relay.run(stop.clone())), stop }
}

impl Running {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As a process dies: in the middle of whatever it does.
    pub async fn die(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub async fn register(database: &Database, name: &str) -> TenantRecord {
    let registered = database.register(new_tenant(name, Placement::Pooled), None).await.unwrap();
    let Registered::New(record) = registered else { panic!("{name} is not registered: {registered:?}") };
    *record
}

/// What consumers tell events apart by.
pub fn keys(events: &[Event]) -> BTreeSet<&str> {
    events.iter().map(Event::key).collect()
}

/// The events that rows of the outbox name.
pub fn named(rows: &[Item]) -> BTreeSet<String> {
    rows.iter().map(|row| row.text("sk").unwrap().split_once('#').unwrap().1.to_owned()).collect()
}

pub async fn until<F: Future<Output = bool>>(otherwise: &str, done: impl Fn() -> F) {
    let deadline = Instant::now() + DEADLINE;
    while !done().await {
        assert!(Instant::now() < deadline, "{otherwise}");
        sleep(Duration::from_millis(20)).await;
    }
}
