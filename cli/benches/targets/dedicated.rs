//! A dedicated tenant, from POST to the first answer of a service of its own through the gateway. Its admin signs
//! in on the way, with the mailed password and a new one.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::client::Client;
use crate::context::Context;
use crate::row::Row;
use crate::stats::{Runs, Took, ms};
use crate::system::System;
use crate::wire::Wire;

const PATIENCE: Duration = Duration::from_secs(30);

pub async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let (mut whole, mut created) = (Runs::default(), Runs::default());
    let folder = context.folder()?;
    let system = System::start(context, &folder.path().join("data"), &[])?;
    let mut client = Client::machine(&system).await?;
    // The shared services start first; they are not what is measured.
    let first = client.register("warm", "basic").await?;
    while !client.created(&first.registration).await? {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for run in 0..context.runs() {
        let (until_created, until_served) = one(&system, &mut client, &format!("own-{run}")).await?;
        created.push(ms(until_created));
        whole.push(ms(until_served));
    }
    system.stop()?;
    Ok(vec![
        Row::new("dedicated tenant, POST → first 200 from its own service", "< 500 ms", whole.show(0, " ms"))
            .beside(format!("of that, to Created: {}", created.show(0, " ms")))
            .met(whole.median() < 500.0),
    ])
}

async fn one(system: &System, client: &mut Client, name: &str) -> anyhow::Result<(Duration, Duration)> {
    let since = Instant::now();
    let made = client.register(name, "advanced").await?;
    let mut asks = Took::default();
    while !client.created(&made.registration).await? {
        asks.push(since.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
        if since.elapsed() > PATIENCE {
            bail!("not created within {PATIENCE:?}, asked {} times", asks.count());
        }
    }
    let created = since.elapsed();
    let token = client.sign_in(system, name).await?;
    let mut wire = Wire::connect(system.gateway()?).await?;
    let request =
        format!("GET /orders HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\r\n", system.gateway()?);
    loop {
        let (status, body) = wire.call(request.as_bytes()).await?;
        match status {
            200 => return Ok((created, since.elapsed())),
            503 if since.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(2)).await,
            _ => bail!("answered {status}: {}", String::from_utf8_lossy(body)),
        }
    }
}
