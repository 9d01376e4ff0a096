//! Memory of an idle `tenantry up` with the sample's catalogue, and of its children.

use std::time::Duration;

use anyhow::Context as _;

use crate::context::Context;
use crate::row::Row;
use crate::stats::{Runs, mib};
use crate::system::System;

const TARGET: f64 = 60.0;

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let (mut whole, mut own, mut children, mut count) = (Runs::default(), Runs::default(), Runs::default(), 0);
    for _ in 0..context.runs() {
        let folder = context.folder()?;
        let system = System::start(context, &folder.path().join("data"), &[])?;
        // What a start needs for a moment is not what it keeps.
        tokio::time::sleep(Duration::from_secs(if context.quick { 2 } else { 5 })).await;
        let (resident, shared_out) = of(system.pid())?;
        whole.push(mib(resident));
        own.push(mib(shared_out));
        let below = below(system.pid());
        count = below.len();
        children.push(mib(below.into_iter().filter_map(|pid| of(pid).ok()).map(|(_, shared_out)| shared_out).sum()));
        system.stop()?;
    }
    Ok(vec![
        Row::new("memory, idle: the `up` process (RSS)", "< 60 MB", whole.show(1, " MiB"))
            .beside(format!("PSS {}", own.show(1, " MiB")))
            .met(whole.median() * f64::from(1 << 20) < TARGET * 1e6),
        Row::new(format!("memory, idle: its {count} children together (PSS)"), "–", children.show(1, " MiB")),
    ])
}

/// RSS and PSS in bytes.
pub fn of(pid: u32) -> anyhow::Result<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let field = |name: &str| -> anyhow::Result<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).context("a field of smaps_rollup")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    };
    Ok((field("Rss:")?, field("Pss:")?))
}

/// All processes below one.
pub fn below(pid: u32) -> Vec<u32> {
    let direct = |pid: u32| -> Vec<u32> {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().filter_map(Result::ok);
        tasks
            .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
            .flat_map(|pids| pids.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
            .collect()
    };
    let mut found = direct(pid);
    let mut at = 0;
    while at < found.len() {
        found.extend(direct(found[at]));
        at += 1;
    }
    found
}
