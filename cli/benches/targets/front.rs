//! A gateway with one service behind it and a tenant's user in front, with limits nobody reaches.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;
use crate::context::Context;
use crate::system::System;
use crate::wire::Wire;

pub struct Front {
    pub system: System,
    /// What a tenant's user sends.
    pub request: Vec<u8>,
    /// Where the service listens.
    pub upstream: u16,
    _folder: TempDir,
}

impl Front {
    pub async fn start(context: &Context) -> anyhow::Result<Self> {
        let folder = context.folder()?;
        let file = folder.path().join("catalogue.toml");
        let own = std::env::current_exe()?;
        std::fs::write(&file, catalogue(&own.display().to_string()))?;
        let file = file.to_str().context("a path in UTF-8")?;
        let system = System::start(context, &folder.path().join("data"), &["--catalogue", file])?;
        let mut client = Client::machine(&system).await?;
        let made = client.register("busy", "basic").await?;
        while !client.created(&made.registration).await? {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let token = client.sign_in(&system, "busy").await?;
        let request = format!(
            "GET /echo/things?page=1 HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\naccept: */*\r\n\r\n",
            system.gateway()?
        )
        .into_bytes();
        let upstream = until_served(&system, &request).await?;
        Ok(Self { system, request, upstream, _folder: folder })
    }
}

async fn until_served(system: &System, request: &[u8]) -> anyhow::Result<u16> {
    let mut wire = Wire::connect(system.gateway()?).await?;
    for _ in 0..500 {
        let (status, body) = wire.call(request).await?;
        match status {
            200 => {
                let said: Value = serde_json::from_slice(body)?;
                return said["port"].as_u64().and_then(|port| port.try_into().ok()).context("its port");
            }
            503 => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => bail!("answered {status}: {}", String::from_utf8_lossy(body)),
        }
    }
    bail!("the service does not come up")
}

fn catalogue(program: &str) -> String {
    format!(
        r#"
[[tiers]]
name = "basic"
placement = "pooled"
[tiers.limits]
requests_per_second = 1000000
burst = 1000000
requests_per_day = 1000000000

[[services]]
name = "echo"
port = 3010
health_path = "/echo/health"
image = "echo"
command = [{program:?}, "echo"]
"#
    )
}
