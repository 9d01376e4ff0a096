//! `tenantry tenants`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::api::Api;
use super::args::Common;
use super::attributes::{self, Attribute};
use super::console::Console;
use super::list::{self, List, Paging};
use super::registrations::show;
use super::table::{self, Column};

const COLUMNS: [Column; 5] =
    [("TENANT", "tenantId"), ("NAME", "tenantName"), ("TIER", "tier"), ("ACTIVE", "sbtaws_active"), ("EMAIL", "email")];

#[derive(Debug, Args)]
pub struct Tenants {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List tenants, those that are deleted too
    List(Paging),
    /// Show one
    Get {
        /// The tenant's id
        id: String,
    },
    /// Print a tenant's record as the store keeps it, also when it cannot be read
    Export {
        /// The tenant's id, or its registration's
        id: String,
    },
    /// Change what may be changed
    Update {
        /// The tenant's id
        id: String,
        /// What to change; a value that is JSON is sent as such
        #[arg(long = "set", value_name = "NAME=VALUE", required = true, value_parser = attributes::parse)]
        changes: Vec<Attribute>,
    },
    /// Show what a tenant's application needs to sign its users in
    Config {
        /// The tenant's name
        name: String,
    },
}

impl Tenants {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let (api, json) = (Api::open(&self.common)?, self.common.json);
        match self.verb {
            Verb::List(paging) => {
                let nothing = "There are no tenants.";
                let list = List { path: &["tenants"], query: vec![], columns: &COLUMNS, page: 100, nothing };
                list::show(&list, &paging, &api, json, console).await?;
            }
            Verb::Get { id } => show(&api.get(&["tenants", &id], &[]).await?, json, console)?,
            Verb::Export { id } => {
                let answer = api.get(&["tenants", &id, "raw"], &[]).await?;
                match answer["data"]["text"].as_str() {
                    Some(text) if !json => console.line(text)?,
                    _ => console.json(&answer)?,
                }
            }
            Verb::Update { id, changes } => {
                let body = Value::Object(attributes::object(&changes));
                show(&api.send(Method::PUT, &["tenants", &id], Some(&body)).await?, json, console)?;
            }
            Verb::Config { name } => {
                let config = api.get_public(&["tenant-config", &name], &[]).await?;
                match config.as_object() {
                    Some(members) if !json => console.line(&table::members(members))?,
                    _ => console.json(&config)?,
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
