//! `tenantry events tail`

use std::time::Duration;

use tokio::time::sleep;

use super::{Filter, line};
use crate::client::api::Api;
use crate::client::console::Console;
use crate::client::error::ClientError;
use crate::client::stream::Stream;

/// Between a stream's end and the next try.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that restarts is back by then.
const TRIES: u32 = 30;

/// Shows events until there are enough. A stream that ends is taken up again where it was.
pub async fn run(
    filter: &Filter,
    count: Option<u64>,
    api: &Api,
    json: bool,
    console: &mut Console,
) -> anyhow::Result<()> {
    let (mut last, mut seen, mut failed, mut opened) = (String::new(), 0, 0, false);
    loop {
        let mut stream = match api.stream(&["events", "stream"], &filter.query(), &last).await {
            Ok(response) => Stream::new(response),
            // A server that was never there will not come back.
            Err(error) if !opened || failed == TRIES || !passing(&error) => {
                return Err(error.into());
            }
            Err(_) => {
                failed += 1;
                sleep(PAUSE).await;
                continue;
            }
        };
        (failed, opened) = (0, true);
        while let Some(sent) = stream.next().await {
            console.line(&line(&sent.data, json))?;
            last = sent.id;
            seen += 1;
            if count.is_some_and(|count| seen >= count) {
                return Ok(());
            }
        }
        failed += 1;
        sleep(PAUSE).await;
    }
}

fn passing(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } | ClientError::Broken { .. } => true,
        ClientError::Refused(refusal) => refusal.status >= 500 || refusal.status == 429,
        _ => false,
    }
}
