//! Pooled tenants from POST to `Created`: many at once, and one alone.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::try_join_all;
use serde_json::Value;

use crate::client::Client;
use crate::context::Context;
use crate::load::CONNECTIONS;
use crate::registrations::requests;
use crate::row::Row;
use crate::stats::{Runs, Took, per_second};
use crate::system::System;
use crate::wire::Wire;

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let (mut many, mut alone) = (Runs::default(), Runs::default());
    // Kept until the end: ext4 makes files slowly for seconds after thousands of others were removed.
    let mut folders = Vec::new();
    for _ in 0..context.runs() {
        let folder = context.folder()?;
        let system = System::start(context, &folder.path().join("data"), &[])?;
        let mut client = Client::machine(&system).await?;
        // The first waits until what all share is there.
        until_created(&mut client, "warm").await?;
        alone.push(one_by_one(context, &mut client).await?);
        many.push(batch(context, &system, &mut client).await?);
        system.stop()?;
        folders.push(folder);
    }
    Ok(vec![
        Row::new("pooled tenants onboarded to Created", "≥ 2,000/s", many.show(0, "/s")).met(many.median() >= 2_000.0),
        Row::new("one pooled tenant alone, POST → Created, p50", "< 15 ms", alone.show(1, " ms"))
            .met(alone.median() < 15.0),
    ])
}

async fn until_created(client: &mut Client, name: &str) -> anyhow::Result<Duration> {
    let since = Instant::now();
    let made = client.register(name, "basic").await?;
    while !client.created(&made.registration).await? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(since.elapsed())
}

async fn one_by_one(context: &Context, client: &mut Client) -> anyhow::Result<f64> {
    let mut took = Took::default();
    for n in 0..if context.quick { 30 } else { 100 } {
        took.push(until_created(client, &format!("alone-{n}")).await?);
    }
    Ok(took.percentile(0.5))
}

/// From the first POST until the last one is `Created`, over 64 connections.
async fn batch(context: &Context, system: &System, client: &mut Client) -> anyhow::Result<f64> {
    let count: u32 = if context.quick { 1_000 } else { 5_000 };
    let render = requests(system.api, &client.bearer(), "basic");
    let made = RefCell::new(Vec::new());
    let since = Instant::now();
    let post = async |place: u32| -> anyhow::Result<()> {
        let mut wire = Wire::connect(system.api).await?;
        let mut request = Vec::new();
        for _ in 0..(count + place) / CONNECTIONS {
            request.clear();
            render(&mut request);
            let (status, body) = wire.call(&request).await?;
            let answer: Value = serde_json::from_slice(body)?;
            let id = answer["data"]["tenantRegistrationId"].as_str();
            made.borrow_mut().push(id.with_context(|| format!("{status}: {answer}"))?.to_owned());
        }
        Ok(())
    };
    try_join_all((0..CONNECTIONS).map(post)).await?;
    let made = made.into_inner();
    // The last ones first, so that asking takes nothing from the work: it is done when all others are found done.
    let mut end = since.elapsed();
    for id in made.iter().rev() {
        while !client.created(id).await? {
            tokio::time::sleep(Duration::from_millis(5)).await;
            end = since.elapsed();
        }
    }
    Ok(per_second(made.len(), end))
}
