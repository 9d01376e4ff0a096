//! Process start to ready, on a fresh directory and on one that was used before.

use crate::context::Context;
use crate::row::Row;
use crate::stats::{Runs, ms};
use crate::system::System;

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let (mut fresh, mut again) = (Runs::default(), Runs::default());
    for _ in 0..context.runs() {
        let folder = context.folder()?;
        let dir = folder.path().join("data");
        for took in [&mut fresh, &mut again] {
            let system = System::start(context, &dir, &[])?;
            took.push(ms(system.took));
            tokio::task::yield_now().await;
            system.stop()?;
        }
    }
    let row = |what: &str, took: &Runs| Row::new(what, "< 100 ms", took.show(0, " ms")).met(took.median() < 100.0);
    Ok(vec![row("start → ready, first start", &fresh), row("start → ready, later start", &again)])
}
