//! `tenantry operations`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::api::Api;
use super::args::Common;
use super::console::Console;
use super::list::{self, List, Paging};
use super::operation::Operation;
use super::progress::Progress;
use super::table::Column;

const COLUMNS: [Column; 6] = [
    ("OPERATION", "operationId"),
    ("KIND", "kind"),
    ("ATTEMPT", "attempt"),
    ("STATUS", "status"),
    ("REQUESTED", "requestedAt"),
    ("FAILURE", "failure.reason"),
];

#[derive(Debug, Args)]
pub struct Operations {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show one, with its steps
    Get { id: String },
    /// List a tenant's operations, the newest first
    List {
        /// The tenant's id
        tenant: String,
        #[command(flatten)]
        paging: Paging,
    },
}

impl Operations {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let (api, json) = (Api::open(&self.common)?, self.common.json);
        match self.verb {
            Verb::Get { id } => {
                let answer = api.get(&["operations", &id], &[]).await?;
                match Operation::read(&answer["data"]) {
                    Ok(operation) if !json => show(&operation, console)?,
                    _ => console.json(&answer)?,
                }
            }
            Verb::List { tenant, paging } => {
                let path = ["tenants", tenant.as_str(), "operations"];
                let nothing = "There are no operations.";
                let list = List { path: &path, query: vec![], columns: &COLUMNS, page: 100, nothing };
                list::show(&list, &paging, &api, json, console).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(operation: &Operation, console: &mut Console) -> anyhow::Result<()> {
    let Operation { id, tenant_id, kind, attempt, requested_at, .. } = operation;
    console.line(&format!("{id}: {kind} of {tenant_id}, attempt {attempt}, requested {requested_at}"))?;
    for line in Progress::default().news(operation) {
        console.line(&line)?;
    }
    console.line(&operation.verdict())
}
