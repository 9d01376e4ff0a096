//! The control plane as a role of its own, on an emulated AWS that shares the machine with it.

use std::time::Duration;

use anyhow::Context as _;

use crate::context::Context;
use crate::cpu;
use crate::load::drive;
use crate::memory;
use crate::registrations::requests;
use crate::role::Role;
use crate::row::Row;
use crate::stage::Stage;
use crate::stats::{Runs, mib};

const MEMORY: f64 = 30.0;
const CPU: f64 = 800.0;

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let (mut idle, mut own, mut cpu, mut rate) = (Runs::default(), Runs::default(), Runs::default(), Runs::default());
    for _ in 0..context.runs() {
        let stage = Stage::new().await;
        let role = Role::start(&stage, "control-plane");
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (resident, shared_out) = memory::of(role.pid())?;
        idle.push(mib(resident));
        own.push(mib(shared_out));

        let bearer = format!("authorization: Bearer {}\r\n", stage.admin("ada").await);
        let at = role.url.strip_prefix("http://").context("an http URL")?.parse()?;
        let render = requests(at, &bearer, "basic");
        let before = cpu::of(&[role.pid()]);
        let measured = drive(at, 201, context.span(), None, &render).await?;
        cpu.push(cpu::each(before, cpu::of(&[role.pid()]), measured.sent));
        rate.push(measured.per_second);
        role.terminate();
    }
    Ok(vec![
        Row::new("memory, idle: `tenantry control-plane` on AWS (RSS)", "< 30 MB", idle.show(1, " MiB"))
            .beside(format!("PSS {}", own.show(1, " MiB")))
            .met(idle.median() * f64::from(1 << 20) < MEMORY * 1e6),
        Row::new("a registration on an emulated AWS: the control plane's CPU", "< 800 µs", cpu.show(0, " µs"))
            .beside(format!("the Python functions it replaces: 7,900 µs; {} with MiniStack", rate.show(0, "/s")))
            .met(cpu.median() < CPU),
    ])
}
