//! Keeps one replica of a service running: starts it, publishes it when healthy, and starts it again.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Pace;
use super::child::{Start, Supervised};
use super::endpoints::Endpoints;
use super::log::{self, LogFile};
use super::ports::{Lease, Ports};
use super::probe;

/// What is to run. The same for each replica.
pub struct Launch {
    pub owner: Owner,
    pub service: ServiceName,
    pub keeper: PathBuf,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// All of its environment but for `PORT`.
    pub environment: Vec<(String, String)>,
    /// Values that no message may show.
    pub secrets: Vec<String>,
    pub health_path: String,
    pub log: PathBuf,
    /// Where its notes go.
    pub run: PathBuf,
}

/// What all keepers share.
pub struct Shared {
    pub pace: Pace,
    pub ports: Arc<Ports>,
    pub endpoints: Arc<Endpoints>,
    pub starts: Semaphore,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Starting(String),
    Healthy,
    /// So many ends in a row without a healthy time between them, and why the last.
    Failing {
        ends: u32,
        why: String,
    },
    Ended,
}

pub struct Keeper {
    pub shared: Arc<Shared>,
    pub launch: Arc<Launch>,
    pub replica: u32,
    pub log: Arc<Mutex<LogFile>>,
    pub state: watch::Sender<State>,
    pub stop: CancellationToken,
}

/// A service that was healthy for this long gets a fresh start.
const STABLE: Duration = Duration::from_secs(10);
/// So many looks in a row without a good answer and it is started again.
const SILENT_LOOKS: u32 = 3;

enum Round {
    Stopped,
    Ended { healthy: Option<Duration>, why: String },
}

impl Keeper {
    /// Until it is told to stop; then its process has ended.
    pub async fn run(self) {
        let (mut ends, mut port) = (0, None);
        loop {
            let round = self
                .round(ends, &mut port)
                .await
                .unwrap_or_else(|error| Round::Ended { healthy: None, why: format!("it cannot be started: {error}") });
            let Round::Ended { healthy, why } = round else { break };
            ends = if healthy.is_some_and(|time| time >= STABLE) { 1 } else { ends + 1 };
            tracing::warn!(
                owner = %self.launch.owner, service = %self.launch.service, replica = self.replica, ends,
                "a service ended: {}", why.lines().next().unwrap_or_default()
            );
            self.state.send_replace(State::Failing { ends, why });
            let pause = self.shared.pace.first_pause.saturating_mul(1 << (ends - 1).min(16));
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = sleep(pause.min(self.shared.pace.longest_pause)) => {}
            }
        }
        self.state.send_replace(State::Ended);
    }

    /// From its start to its end.
    async fn round(&self, ends: u32, port: &mut Option<u16>) -> io::Result<Round> {
        let turn = tokio::select! {
            () = self.stop.cancelled() => return Ok(Round::Stopped),
            turn = self.shared.starts.acquire() => turn.map_err(io::Error::other)?,
        };
        let lease = self.shared.ports.take(&self.launch.owner, port.take())?;
        let since = log::length(&self.launch.log);
        let mut child = self.start(&lease)?;
        if ends == 0 {
            self.state.send_replace(State::Starting("it is starting".to_owned()));
        }
        let pace = &self.shared.pace;
        let healthy = probe::until_healthy(lease.address(), &self.launch.health_path, pace.answer);
        let mut healthy = std::pin::pin!(timeout(pace.patience, healthy));
        let mut turn = Some(turn);
        let in_time = loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return stopped(child).await,
                status = child.ended() => return self.died(child, None, status?, since).await,
                done = &mut healthy => break done.is_ok(),
                // It takes its time; others may start.
                () = sleep(pace.turn), if turn.is_some() => turn = None,
            }
        };
        drop(turn);
        if !in_time {
            child.end().await?;
            let why = format!("no healthy answer at {} in {:?}", self.launch.health_path, pace.patience);
            return Ok(self.over(None, &why, since));
        }
        // It has shown that the port is good.
        *port = Some(lease.port);
        self.watch(child, &lease, since).await
    }

    /// While it is healthy.
    async fn watch(&self, mut child: Supervised, lease: &Lease, since: u64) -> io::Result<Round> {
        let Launch { owner, service, health_path, .. } = &*self.launch;
        let born = Instant::now();
        let published = self.shared.endpoints.publish(owner, service, lease.address(), health_path);
        self.state.send_replace(State::Healthy);
        let pace = &self.shared.pace;
        let mut silent = 0;
        let why = loop {
            // Once in doubt, it is looked at more closely.
            let pause = if silent == 0 { pace.watch } else { pace.watch / 5 };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    drop(published);
                    return stopped(child).await;
                }
                status = child.ended() => {
                    drop(published);
                    return self.died(child, Some(born.elapsed()), status?, since).await;
                }
                () = sleep(pause) => {}
            }
            match probe::ask(lease.address(), health_path, pace.answer).await {
                Ok(()) => silent = 0,
                Err(_) if silent + 1 < SILENT_LOOKS => silent += 1,
                Err(why) => break format!("it was not well {SILENT_LOOKS} times in a row: {why}"),
            }
        };
        drop(published);
        child.end().await?;
        Ok(self.over(Some(born.elapsed()), &why, since))
    }

    fn start(&self, lease: &Lease) -> io::Result<Supervised> {
        let mut environment = self.launch.environment.clone();
        environment.push(("PORT".to_owned(), lease.port.to_string()));
        Supervised::start(Start {
            keeper: &self.launch.keeper,
            program: &self.launch.program,
            args: &self.launch.args,
            environment: &environment,
            // No two running processes have the same port.
            note: self.launch.run.join(format!("{}.note", lease.port)),
            log: Arc::clone(&self.log),
        })
    }

    async fn died(
        &self,
        child: Supervised,
        healthy: Option<Duration>,
        status: ExitStatus,
        since: u64,
    ) -> io::Result<Round> {
        child.settle().await?;
        Ok(self.over(healthy, &as_words(status), since))
    }

    fn over(&self, healthy: Option<Duration>, why: &str, since: u64) -> Round {
        let said = log::tail(&self.launch.log, since, &self.launch.secrets);
        let why = if said.is_empty() { why.to_owned() } else { format!("{why}; it said:\n{said}") };
        Round::Ended { healthy, why }
    }
}

async fn stopped(child: Supervised) -> io::Result<Round> {
    child.end().await.map(|()| Round::Stopped)
}

fn as_words(status: ExitStatus) -> String {
    match status.code() {
        Some(0) => "it ended by itself".to_owned(),
        Some(code @ 129..=192) => format!("it was ended by signal {}", code - 128),
        Some(code) => format!("it ended with code {code}"),
        None => "its keeper was killed".to_owned(),
    }
}
