//! A page of tenants out of very many, beside the same page out of few: the first one, and one in the middle.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use futures::StreamExt as _;
use tempfile::TempDir;
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_contract::lifecycle::NewTenant;
use tenantry_contract::name::{Email, TenantName};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::RandomIds;
use tenantry_ports::clock::Clock;
use tenantry_ports::store::{Registered, TenantStore as _};

use crate::client::{Client, email};
use crate::context::Context;
use crate::row::Row;
use crate::stats::{Runs, Took};
use crate::system::System;

const FEW: usize = 1_000;
const PAGE: usize = 100;

/// A system with so many tenants, and where its pages begin.
struct Full {
    system: System,
    client: Client,
    paths: [String; 2],
    _folder: TempDir,
}

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let many = if context.quick { 50_000 } else { 1_000_000 };
    let mut sides = [Full::of(context, FEW).await?, Full::of(context, many).await?];
    let mut took = [[Runs::default(), Runs::default()], [Runs::default(), Runs::default()]];
    for _ in 0..context.runs() {
        for (side, took) in sides.iter_mut().zip(&mut took) {
            for (page, took) in took.iter_mut().enumerate() {
                took.push(side.ask(page).await?);
            }
        }
    }
    for side in sides {
        side.system.stop()?;
    }
    let row = |which: &str, page: usize| {
        let [few, much] = [&took[0][page], &took[1][page]];
        let ratio = much.median() / few.median();
        Row::new(
            format!("{which} of {PAGE} tenants of {many}, p50"),
            "≤ 1.2 × of 1,000",
            format!("{}; {ratio:.2} ×", much.show(2, " ms")),
        )
        .beside(format!("of 1,000: {}", few.show(2, " ms")))
        .met(ratio <= 1.2)
    };
    Ok(vec![row("the first page", 0), row("a page from the middle", 1)])
}

impl Full {
    async fn of(context: &Context, count: usize) -> anyhow::Result<Self> {
        let folder = context.folder()?;
        let dir = folder.path().join("data");
        let since = Instant::now();
        fill(&dir, count).await?;
        eprintln!("  {count} tenants written in {} s", since.elapsed().as_secs());
        let system = System::start(context, &dir, &["--roles", "control-plane"])?;
        let mut client = Client::machine(&system).await?;
        let first = format!("/tenants?limit={PAGE}");
        let mut middle = first.clone();
        for _ in 0..count / PAGE / 2 {
            let (status, answer) = client.get(&middle).await?;
            let next = answer["next_token"].as_str().with_context(|| format!("{status}: no next page"))?;
            middle = format!("{first}&next_token={next}");
        }
        Ok(Self { system, client, paths: [first, middle], _folder: folder })
    }

    async fn ask(&mut self, page: usize) -> anyhow::Result<f64> {
        let mut took = Took::default();
        for _ in 0..300 {
            let since = Instant::now();
            let (status, answer) = self.client.get(&self.paths[page]).await?;
            took.push(since.elapsed());
            if answer["data"].as_array().map(Vec::len) != Some(PAGE) {
                bail!("not a whole page: {status}");
            }
        }
        Ok(took.percentile(0.5))
    }
}

/// Writes tenants through the store itself, many at a time.
async fn fill(dir: &Path, count: usize) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids = Arc::new(RandomIds::new(clock.clone()));
    let database = Database::open(dir, Deps { clock, ids, sources: Sources::default() })?;
    let catalogue = Catalogue::parse(Catalogue::DEFAULT)?;
    let tier = catalogue.tier("basic").context("a tier")?;
    let write = |n: usize| {
        let (database, name) = (&database, format!("tenant-{n}"));
        async move {
            let new = NewTenant {
                email: Email::parse(email(&name))?,
                name: TenantName::parse(name)?,
                tier: "basic".into(),
                placement: tier.placement,
                budget: tier.budget,
                tenant: Attributes::default(),
                registration: Attributes::default(),
                traceparent: None,
            };
            match database.register(new, None).await? {
                Registered::New(_) => anyhow::Ok(()),
                other => bail!("{other:?}"),
            }
        }
    };
    let mut writes = futures::stream::iter(0..count).map(write).buffer_unordered(512);
    while let Some(written) = writes.next().await {
        written?;
    }
    drop(writes);
    database.close().await;
    Ok(())
}
