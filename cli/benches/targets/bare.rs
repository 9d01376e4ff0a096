//! The peer of registrations: the same rows, written by the shortest program that groups commits. One thread takes
//! what waits, up to 256, into one transaction; 64 writers wait for their commit each.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use anyhow::Context as _;
use futures::future::try_join_all;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tenantry_contract::event::Sources;
use tenantry_contract::lifecycle::NewTenant;
use tenantry_contract::name::{Email, TenantName};
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::ids::RandomIds;
use tenantry_ports::clock::Clock;
use tenantry_ports::keys::{Key, KeyUse, StoredAnswer};
use tenantry_ports::store::TenantStore as _;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::client::email;
use crate::context::Context;
use crate::cpu;
use crate::load::{CONNECTIONS, Measured};
use crate::stats::{Took, per_second};

type Waiting = (u64, oneshot::Sender<()>);

pub async fn run(context: &Context) -> anyhow::Result<(Measured, f64)> {
    let folder = context.folder()?;
    template(folder.path()).await?;
    let conn = Connection::open(folder.path().join("tenantry.db"))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    let rows = Rows::read(&conn)?;
    let (queue, waiting) = sync_channel::<Waiting>(1024);
    let before = cpu::of(&[std::process::id()]);
    let writer = std::thread::spawn(move || write(&conn, &rows, &waiting));

    let (warm, span) = (Duration::from_millis(700), context.span());
    let begin = Instant::now();
    let (from, until) = (begin + warm, begin + warm + span);
    let took = std::cell::RefCell::new(Took::default());
    let next = std::cell::Cell::new(1_u64);
    let one = async |_| -> anyhow::Result<()> {
        loop {
            let sent = Instant::now();
            if sent >= until {
                return Ok(());
            }
            let (done, committed) = oneshot::channel();
            queue.send((next.replace(next.get() + 1), done))?;
            committed.await?;
            if sent >= from {
                took.borrow_mut().push(sent.elapsed());
            }
        }
    };
    try_join_all((0..CONNECTIONS).map(one)).await?;
    let after = cpu::of(&[std::process::id()]);
    drop(queue);
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    let mut took = took.into_inner();
    let sent = usize::try_from(next.get())?;
    let measured = Measured { per_second: per_second(took.count(), span), p99: took.percentile(0.99), sent };
    Ok((measured, cpu::each(before, after, sent)))
}

fn write(conn: &Connection, rows: &Rows, waiting: &Receiver<Waiting>) -> anyhow::Result<()> {
    let mut group = Vec::new();
    while let Ok(first) = waiting.recv() {
        group.push(first);
        group.extend(waiting.try_iter().take(255));
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for (n, _) in &group {
            rows.insert(conn, *n)?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
        for (_, done) in group.drain(..) {
            // Its writer may have stopped waiting.
            let _ = done.send(());
        }
    }
    Ok(())
}

/// The rows of one registration, as the store writes them.
struct Rows {
    n: i64,
    tenant: Vec<Value>,
    event: Vec<Value>,
    key: Vec<Value>,
}

impl Rows {
    fn read(conn: &Connection) -> anyhow::Result<Self> {
        let row = |sql: &str| -> anyhow::Result<Vec<Value>> {
            let mut statement = conn.prepare(sql)?;
            let columns = statement.column_count();
            Ok(statement.query_row([], |row| (0..columns).map(|i| row.get(i)).collect())?)
        };
        Ok(Self {
            n: conn.query_row("SELECT n FROM tenants", [], |row| row.get(0))?,
            tenant: row("SELECT live_name, pooled_email, n, due, generation, record FROM tenants")?,
            event: row("SELECT at, hears, tenant, type, body FROM events")?,
            key: row("SELECT expires, scope, request, status, answer FROM keys")?,
        })
    }

    /// Once more, with names and ids that rise.
    fn insert(&self, conn: &Connection, n: u64) -> rusqlite::Result<()> {
        let mut tenant = self.tenant.clone();
        tenant[0] = Value::Text(format!("tenant-{n}"));
        tenant[1] = Value::Text(email(&format!("tenant-{n}")));
        tenant[2] = Value::Integer(self.n + i64::try_from(n).unwrap_or(i64::MAX));
        conn.prepare_cached(
            "INSERT INTO tenants (live_name, pooled_email, n, due, generation, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params_from_iter(tenant))?;
        conn.prepare_cached("UPDATE tiers SET tenants = tenants + 1 WHERE tier = 'basic'")?.execute([])?;
        let mut event = self.event.clone();
        event[2] = Value::Blob([n.to_be_bytes(); 2].concat());
        conn.prepare_cached("INSERT INTO events (at, hears, tenant, type, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params_from_iter(event))?;
        let mut key = self.key.clone();
        key[1] = Value::Blob([n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes(); 2].concat());
        conn.prepare_cached("INSERT INTO keys (expires, scope, request, status, answer) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params_from_iter(key))?;
        Ok(())
    }
}

/// The store's own file with one registration in it.
async fn template(dir: &Path) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids = Arc::new(RandomIds::new(clock.clone()));
    let database = Database::open(dir, Deps { clock, ids, sources: Sources::default() })?;
    let catalogue = tenantry_contract::catalogue::Catalogue::parse(tenantry_contract::catalogue::Catalogue::DEFAULT)?;
    let tier = catalogue.tier("basic").context("a tier")?;
    let new = NewTenant {
        name: TenantName::parse("tenant-0")?,
        email: Email::parse(email("tenant-0"))?,
        tier: "basic".into(),
        placement: tier.placement,
        budget: tier.budget,
        tenant: tenantry_contract::attributes::Attributes::default(),
        registration: tenantry_contract::attributes::Attributes::default(),
        traceparent: None,
    };
    let key = Key { scope: "client POST /tenant-registrations key-0".into(), request: [7; 32] };
    // As long as the real one.
    let answer = Arc::new(|_: &_| StoredAnswer { status: 201, body: vec![b'x'; 180] });
    database.register(new, Some(KeyUse { key, answer })).await?;
    database.close().await;
    Ok(())
}
