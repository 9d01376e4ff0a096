//! Durable registrations per second over HTTP, with and without the provisioner, beside bare grouped commits.

use std::cell::Cell;
use std::io::Write as _;
use std::net::SocketAddr;

use tempfile::TempDir;

use crate::bare;
use crate::client::{Client, registration};
use crate::context::Context;
use crate::cpu;
use crate::load::{Measured, drive};
use crate::row::Row;
use crate::stats::Runs;
use crate::system::System;

const TARGET: f64 = 20_000.0;
const OF_BARE: f64 = 0.6;
const P99: f64 = 10.0;

#[derive(Default)]
struct Side {
    rate: Runs,
    p99: Runs,
    cpu: Runs,
}

impl Side {
    fn push(&mut self, measured: &Measured, cpu: f64) {
        self.rate.push(measured.per_second);
        self.p99.push(measured.p99);
        self.cpu.push(cpu);
    }

    fn row(&self, what: &str, bare: &Self) -> Row {
        let share = self.rate.median() / bare.rate.median();
        let met = self.rate.median() >= TARGET && share >= OF_BARE && self.p99.median() < P99;
        let measured = format!(
            "{}; {share:.2} of bare; p99 {}; CPU {}",
            self.rate.show(0, "/s"),
            self.p99.show(1, " ms"),
            self.cpu.show(1, " µs each")
        );
        Row::new(what, "≥ 20,000/s, ≥ 0.6 of bare, p99 < 10 ms", measured)
            .beside(format!(
                "bare SQLite {}, p99 {}, CPU {}",
                bare.rate.show(0, "/s"),
                bare.p99.show(1, " ms"),
                bare.cpu.show(1, " µs each")
            ))
            .met(met)
    }
}

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let (mut off, mut on, mut bare) = (Side::default(), Side::default(), Side::default());
    // Kept until the end: ext4 makes files slowly for seconds after thousands of others were removed.
    let mut folders = Vec::new();
    for _ in 0..context.runs() {
        let (measured, cpu) = one(context, &["--roles", "control-plane"], &mut folders).await?;
        off.push(&measured, cpu);
        let (measured, cpu) = bare::run(context).await?;
        bare.push(&measured, cpu);
        let (measured, cpu) = one(context, &[], &mut folders).await?;
        on.push(&measured, cpu);
    }
    Ok(vec![
        off.row("durable registrations, provisioner off", &bare),
        on.row("durable registrations, provisioner on", &bare),
    ])
}

/// What was measured, and the processor time of one registration.
async fn one(context: &Context, more: &[&str], folders: &mut Vec<TempDir>) -> anyhow::Result<(Measured, f64)> {
    let folder = context.folder()?;
    let system = System::start(context, &folder.path().join("data"), more)?;
    let client = Client::machine(&system).await?;
    let render = requests(system.api, &client.bearer(), "basic");
    let before = cpu::of(&[system.pid()]);
    let measured = drive(system.api, 201, context.span(), None, &render).await?;
    let cpu = cpu::each(before, cpu::of(&[system.pid()]), measured.sent);
    drop(system);
    folders.push(folder);
    Ok((measured, cpu))
}

/// Registrations with a name and a key of their own, as a client sends them.
pub fn requests(host: SocketAddr, bearer: &str, tier: &str) -> impl Fn(&mut Vec<u8>) + use<> {
    let head =
        format!("POST /tenant-registrations HTTP/1.1\r\nhost: {host}\r\n{bearer}content-type: application/json\r\n");
    let (next, tier) = (Cell::new(0_u32), tier.to_owned());
    move |request| {
        let n = next.replace(next.get() + 1);
        let body = registration(&format!("tenant-{n}"), &tier);
        request.extend_from_slice(head.as_bytes());
        // Writing to memory does not fail.
        let _ = write!(request, "idempotency-key: key-{n}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    }
}
