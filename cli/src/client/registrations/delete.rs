//! `tenantry registrations delete`

use std::process::ExitCode;

use clap::Args;
use reqwest::Method;

use super::create::newest_operation;
use crate::client::api::Api;
use crate::client::console::Console;
use crate::client::field;
use crate::client::wait::Waiting;

#[derive(Debug, Args)]
pub struct Delete {
    /// The registration's id, or its tenant's
    id: String,

    #[command(flatten)]
    waiting: Waiting,
}

impl Delete {
    pub async fn run(self, api: &Api, json: bool, console: &mut Console) -> anyhow::Result<ExitCode> {
        let path = ["tenant-registrations", self.id.as_str()];
        let answer = api.send(Method::DELETE, &path, None).await?;
        match (json, self.waiting.wanted()) {
            (true, false) => console.json(&answer)?,
            (true, true) => console.remark(&field::text(&answer, "data.message"))?,
            (false, _) => console.line(&field::text(&answer, "data.message"))?,
        }
        if !self.waiting.wanted() {
            return Ok(ExitCode::SUCCESS);
        }
        // The answer does not say which operation it is.
        let registration = api.get(&path, &[]).await?;
        let tenant = field::text(&registration, "data.tenantId");
        let operation = newest_operation(api, &tenant).await?;
        self.waiting.follow(api, &tenant, &operation, json, console).await
    }
}
