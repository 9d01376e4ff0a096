//! Following an operation to its end: by the event stream, or by asking again and again where there is none.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::api::Api;
use super::console::Console;
use super::error::ClientError;
use super::operation::Operation;
use super::progress::Progress;
use super::stream::Stream;

/// With a stream we look again after so long all the same, should it have lost something.
const SELDOM: Duration = Duration::from_secs(5);
/// Without one.
const OFTEN: Duration = Duration::from_millis(300);

#[derive(Debug, Clone, Args)]
pub struct Waiting {
    /// Wait for the end, showing the steps as they happen; the exit code says how it ended
    #[arg(long)]
    wait: bool,

    /// Wait no longer than so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5400, requires = "wait")]
    timeout: u64,
}

impl Waiting {
    pub fn wanted(&self) -> bool {
        self.wait
    }

    /// Shows the steps of a tenant's operation until it ends. For programs, the operation is the one document
    /// on standard output, and the steps go to standard error.
    pub async fn follow(
        &self,
        api: &Api,
        tenant: &str,
        id: &str,
        json: bool,
        console: &mut Console,
    ) -> anyhow::Result<ExitCode> {
        let deadline = Instant::now() + Duration::from_secs(self.timeout);
        let Ok(ended) = timeout_at(deadline, until_ended(api, tenant, id, json, console)).await else {
            let words = format!("not ended after {} s; look at it with `tenantry operations get {id}`", self.timeout);
            console.remark(&words)?;
            return Ok(ExitCode::FAILURE);
        };
        let (operation, document) = ended?;
        if json {
            console.json(&document)?;
        } else if operation.succeeded() {
            console.line(&operation.verdict())?;
        }
        if operation.succeeded() {
            return Ok(ExitCode::SUCCESS);
        }
        console.remark(&operation.verdict())?;
        Ok(ExitCode::FAILURE)
    }
}

async fn until_ended(
    api: &Api,
    tenant: &str,
    id: &str,
    json: bool,
    console: &mut Console,
) -> anyhow::Result<(Operation, Value)> {
    // Before the first look, so that nothing can happen between the two.
    let opened = api.stream(&["events", "stream"], &[("tenantId", tenant)], "").await;
    let mut stream = opened.ok().map(Stream::new);
    let mut progress = Progress::default();
    loop {
        let document = api.get(&["operations", id], &[]).await?;
        let operation = Operation::read(&document["data"]).map_err(|error| ClientError::Strange {
            url: "the API".to_owned(),
            what: format!("its operation makes no sense: {error}"),
        })?;
        for line in progress.news(&operation) {
            if json { console.remark(&line)? } else { console.line(&line)? }
        }
        if operation.ended() {
            return Ok((operation, document));
        }
        match &mut stream {
            None => sleep(OFTEN).await,
            Some(events) => tokio::select! {
                event = events.next() => if event.is_none() { stream = None },
                () = sleep(SELDOM) => {}
            },
        }
    }
}
