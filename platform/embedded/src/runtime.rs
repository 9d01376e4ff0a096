//! The runtime of one machine: pools of the local issuer, tables as files, services as supervised processes.
//!
//! Nothing of it waits: a process starts in a task of its own, and `ensure` tells how far it is. Processes end with
//! this one, so what an inventory calls present is looked at again after a restart.

mod environment;
mod fault;
mod layout;
mod lower;
mod owned;
mod pools;
mod process;
pub(crate) mod procfs;
mod spec;
mod steps;
mod tables;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::{Entry, Outputs, Owner, Resource};
use tenantry_contract::want::Desired;
use tenantry_ports::page::{Page, PageRequest};
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::{Condition, Inputs, Runtime, RuntimeError, Step, Tagged};

use self::environment::Base;
use self::layout::Layout;
use self::owned::Things;
pub use self::pools::Pools;
pub use self::process::Pace;
use self::process::{Endpoints, Services};
use self::tables::Tables;

/// What the runtime is told by whoever starts the program.
#[derive(Debug, Clone)]
pub struct LocalRuntimeConfig {
    /// The data directory. Nobody else uses it meanwhile.
    pub dir: PathBuf,
    /// This program's own executable: it keeps the services, and is the `tenantry` of a catalogue's commands.
    pub program: PathBuf,
    pub catalogue: Arc<Catalogue>,
    /// `PATH` and `LANG` of the services; of this process's environment they get nothing else.
    pub path: String,
    pub lang: String,
    pub pace: Pace,
}

pub struct LocalRuntime {
    layout: Layout,
    program: PathBuf,
    catalogue: Arc<Catalogue>,
    base: Base,
    pools: Arc<dyn Pools>,
    tables: Tables,
    services: Services,
    endpoints: Arc<Endpoints>,
}

impl LocalRuntime {
    /// Ends what an earlier life left running. Call it with the data directory held, in the runtime whose threads are
    /// to start the services, of each of which it has three files open.
    pub fn open(config: LocalRuntimeConfig, pools: Arc<dyn Pools>) -> io::Result<Self> {
        let LocalRuntimeConfig { dir, program, catalogue, path, lang, pace } = config;
        // Services have the same directory as we do only by chance.
        let layout = Layout::new(&std::path::absolute(dir)?);
        fs::create_dir_all(layout.run())?;
        let ended = sweep(&layout.run())?;
        if ended > 0 {
            tracing::info!(ended, "ended processes that an earlier run left behind");
        }
        let endpoints = Endpoints::new(pace.answer);
        Ok(Self {
            tables: Tables::new(layout.clone()),
            services: Services::new(pace, Arc::clone(&endpoints)),
            base: Base { path, lang },
            layout,
            program,
            catalogue,
            pools,
            endpoints,
        })
    }

    /// Ends every service and waits for their end, but no longer than `deadline` (a service has three seconds to
    /// end by itself). Nothing is started any more.
    pub async fn shutdown(&self, deadline: Duration) {
        let left = self.services.shutdown(deadline).await;
        if left > 0 {
            tracing::warn!(left, "services have not ended in time; their keepers will end them");
        }
        self.tables.close().await;
    }
}

/// Kills what the notes name; see [`procfs`] for how a foreign process is told from ours.
fn sweep(run: &Path) -> io::Result<usize> {
    let mut killed = 0;
    for note in fs::read_dir(run)? {
        killed += procfs::settle_orphans(&note?.path())?;
    }
    Ok(killed)
}

#[async_trait]
impl Runtime for LocalRuntime {
    fn lower(&self, desired: &Desired) -> Result<Vec<Resource>, RuntimeError> {
        lower::lower(&self.catalogue, desired)
    }

    #[tracing::instrument(
        name = "runtime.resource.ensure", level = "debug", skip_all, fields(%owner, resource = %resource.id)
    )]
    async fn ensure(
        &self,
        owner: &Owner,
        resource: &Resource,
        _prior: Option<&Entry>,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        self.make(owner, resource, inputs).await
    }

    async fn inspect(&self, owner: &Owner, entry: &Entry) -> Result<Condition, RuntimeError> {
        self.look(owner, &entry.resource)
    }

    #[tracing::instrument(
        name = "runtime.resource.remove", level = "debug", skip_all, fields(%owner, resource = %entry.resource.id)
    )]
    async fn remove(&self, owner: &Owner, entry: &Entry) -> Result<Step<()>, RuntimeError> {
        self.take_down(owner, &entry.resource, entry.outputs()).await
    }

    fn holds_data(&self, kind: &str) -> bool {
        spec::Kind::parse(kind).map_or(true, spec::Kind::holds_data)
    }

    async fn owned(&self, page: PageRequest) -> Result<Page<Tagged>, RuntimeError> {
        let things =
            Things { layout: &self.layout, pools: &*self.pools, tables: &self.tables, services: &self.services };
        things.page(page).await
    }

    #[tracing::instrument(
        name = "runtime.resource.discard", level = "debug", skip_all, fields(owner = %thing.owner, native = thing.native)
    )]
    async fn discard(&self, thing: &Tagged) -> Result<Step<()>, RuntimeError> {
        self.sweep_up(thing).await
    }
}

#[async_trait]
impl Routes for LocalRuntime {
    async fn locate(&self, owner: &Owner, service: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError> {
        Ok(self.endpoints.locate(owner, service).await)
    }

    fn forget(&self, owner: &Owner, service: &ServiceName, address: SocketAddr) {
        self.endpoints.forget(owner, service, address);
    }
}
