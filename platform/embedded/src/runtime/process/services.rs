//! All services that run here, by owner and name.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Pace;
use super::endpoints::Endpoints;
use super::keeper::{Keeper, Launch, Shared, State};
use super::log::LogFile;
use super::ports::Ports;

pub type Key = (Owner, ServiceName);

pub struct Services {
    shared: Arc<Shared>,
    /// Where services are kept, whoever asks for one: a process has the priority of the thread that starts it.
    home: Handle,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    services: HashMap<Key, Service>,
    closed: bool,
}

struct Service {
    spec_hash: String,
    stop: CancellationToken,
    replicas: Vec<Replica>,
}

struct Replica {
    state: watch::Receiver<State>,
    task: JoinHandle<()>,
}

/// How far a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// All replicas are healthy.
    Healthy,
    Starting(String),
    /// It ended again and again.
    Failing(String),
    /// What ran by an earlier spec has not ended yet.
    Stopping,
    /// Nothing runs.
    Absent,
    /// The runtime shuts down.
    Closed,
}

/// So many ends in a row are told as a failure; fewer may be a port that somebody was quicker to take.
const FAILING: u32 = 3;

impl Services {
    /// Services are kept by the caller's runtime.
    pub fn new(pace: Pace, endpoints: Arc<Endpoints>) -> Self {
        let starts = Semaphore::new(pace.starts);
        let ports = Ports::new(pace.quarantine);
        let shared = Arc::new(Shared { pace, ports, endpoints, starts });
        Self { shared, home: Handle::current(), running: Mutex::default() }
    }

    pub fn progress(&self, key: &Key, spec_hash: &str) -> Progress {
        let running = self.lock();
        if running.closed {
            return Progress::Closed;
        }
        match running.services.get(key) {
            None => Progress::Absent,
            Some(service) if service.spec_hash == spec_hash && !service.stop.is_cancelled() => service.progress(),
            Some(_) => Progress::Stopping,
        }
    }

    /// Starts what does not run yet. What runs by another spec is stopped first.
    pub fn start(&self, launch: Launch, scale: u32, spec_hash: &str) -> io::Result<()> {
        let key = (launch.owner.clone(), launch.service.clone());
        let mut running = self.lock();
        if running.closed || running.services.contains_key(&key) {
            return Ok(());
        }
        let log = Arc::new(Mutex::new(LogFile::open(&launch.log, self.shared.pace.log_cap)?));
        let launch = Arc::new(launch);
        let stop = CancellationToken::new();
        let replicas = (0..scale)
            .map(|replica| {
                let (state, seen) = watch::channel(State::Starting("it waits for its turn to start".to_owned()));
                let keeper = Keeper {
                    shared: Arc::clone(&self.shared),
                    launch: Arc::clone(&launch),
                    replica,
                    log: Arc::clone(&log),
                    state,
                    stop: stop.clone(),
                };
                Replica { state: seen, task: self.home.spawn(keeper.run()) }
            })
            .collect();
        running.services.insert(key, Service { spec_hash: spec_hash.to_owned(), stop, replicas });
        Ok(())
    }

    /// Tells a service to end. True once it has, and is forgotten.
    pub fn stop(&self, key: &Key) -> bool {
        let mut running = self.lock();
        let Some(service) = running.services.get(key) else { return true };
        service.stop.cancel();
        let ended = service.replicas.iter().all(|replica| replica.task.is_finished());
        if ended {
            running.services.remove(key);
        }
        ended
    }

    pub fn keys(&self) -> Vec<Key> {
        self.lock().services.keys().cloned().collect()
    }

    /// Ends everything, and takes nothing more. Returns how many had not ended in time.
    pub async fn shutdown(&self, deadline: Duration) -> usize {
        let until = Instant::now() + deadline;
        let services: Vec<Service> = {
            let mut running = self.lock();
            running.closed = true;
            running.services.drain().map(|(_, service)| service).collect()
        };
        for service in &services {
            service.stop.cancel();
        }
        let mut left = 0;
        for mut replica in services.into_iter().flat_map(|service| service.replicas) {
            if timeout_at(until, &mut replica.task).await.is_err() {
                left += 1;
                // With its task goes its lifeline.
                replica.task.abort();
            }
        }
        left
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    fn progress(&self) -> Progress {
        let mut waits = None;
        for replica in &self.replicas {
            match &*replica.state.borrow() {
                State::Healthy => {}
                State::Failing { ends, why } if *ends >= FAILING => return Progress::Failing(why.clone()),
                State::Failing { why, .. } => waits = Some(format!("it is started again: {why}")),
                State::Starting(why) => waits = Some(why.clone()),
                State::Ended => waits = Some("it has ended".to_owned()),
            }
        }
        waits.map_or(Progress::Healthy, Progress::Starting)
    }
}
