//! `tenantry registrations`

mod create;
mod delete;
mod update;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;

use super::api::Api;
use super::args::Common;
use super::console::Console;
use super::list::{self, List, Paging};
use super::table::{self, Column};
use super::wait::Waiting;

const COLUMNS: [Column; 4] = [
    ("REGISTRATION", "tenantRegistrationId"),
    ("TENANT", "tenantId"),
    ("STATUS", "registrationStatus"),
    ("ACTIVE", "sbtaws_active"),
];

#[derive(Debug, Args)]
pub struct Registrations {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Register a tenant, which begins its onboarding
    Create(create::Create),
    /// List registrations
    List(Paging),
    /// Show one
    Get {
        /// The registration's id, or its tenant's
        id: String,
    },
    /// Change what may be changed
    Update(update::Update),
    /// Offboard a tenant: what it has is removed
    Delete(delete::Delete),
    /// Try again what failed last
    Retry {
        /// The registration's id
        id: String,
        #[command(flatten)]
        waiting: Waiting,
    },
}

impl Registrations {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let (api, json) = (Api::open(&self.common)?, self.common.json);
        match self.verb {
            Verb::Create(create) => return create.run(&api, json, console).await,
            Verb::Delete(delete) => return delete.run(&api, json, console).await,
            Verb::Update(update) => update.run(&api, json, console).await?,
            Verb::List(paging) => {
                let path = ["tenant-registrations"];
                let nothing = "There are no registrations.";
                let list = List { path: &path, query: vec![], columns: &COLUMNS, page: 100, nothing };
                list::show(&list, &paging, &api, json, console).await?;
            }
            Verb::Get { id } => {
                let answer = api.get(&["tenant-registrations", &id], &[]).await?;
                show(&answer, json, console)?;
            }
            Verb::Retry { id, waiting } => {
                let answer = api.send(Method::POST, &["tenant-registrations", &id, "retry"], None).await?;
                return create::follow(&answer, &waiting, &api, json, console).await;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One thing, as it came or as a table.
pub fn show(answer: &serde_json::Value, json: bool, console: &mut Console) -> anyhow::Result<()> {
    match answer["data"].as_object() {
        Some(data) if !json => console.line(&table::members(data)),
        _ => console.json(answer),
    }
}
