//! `tenantry probe URL`: a container's health check in an image without a shell.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

/// Exit with 0 if a URL answers 2xx
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// What to ask, such as <http://127.0.0.1:3010/orders/health>
    url: url::Url,
    /// How long it may take
    #[arg(long, default_value_t = 2000, value_name = "MS")]
    timeout_ms: u64,
}

pub async fn run(args: ProbeArgs) -> anyhow::Result<ExitCode> {
    let client = reqwest::Client::builder().timeout(Duration::from_millis(args.timeout_ms)).build()?;
    match client.get(args.url).send().await {
        Ok(answer) if answer.status().is_success() => Ok(ExitCode::SUCCESS),
        Ok(answer) => {
            eprintln!("it answered {}", answer.status());
            Ok(ExitCode::FAILURE)
        }
        Err(e) => {
            eprintln!("it did not answer: {e}");
            Ok(ExitCode::FAILURE)
        }
    }
}
