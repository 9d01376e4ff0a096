//! `tenantry orphans`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::api::Api;
use super::args::Common;
use super::console::Console;
use super::field;
use super::list::{self, List, Paging};
use super::registrations::show;
use super::table::Column;

const COLUMNS: [Column; 7] = [
    ("ORPHAN", "orphanId"),
    ("TENANT", "tenantId"),
    ("RESOURCE", "resource"),
    ("DATA", "holdsData"),
    ("FIRST SEEN", "firstSeen"),
    ("REMOVAL", "removalRequestedAt"),
    ("NATIVE", "native"),
];

#[derive(Debug, Args)]
pub struct Orphans {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List things that carry this stage's tags and that no inventory names
    List(Paging),
    /// Show one
    Get {
        /// The orphan's id
        id: String,
    },
    /// Remove one, with the data it holds, and say what it was
    Remove {
        /// The orphan's id
        id: String,
    },
}

impl Orphans {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let (api, json) = (Api::open(&self.common)?, self.common.json);
        match self.verb {
            Verb::List(paging) => {
                let nothing = "There are no orphans.";
                let list = List { path: &["orphans"], query: vec![], columns: &COLUMNS, page: 100, nothing };
                list::show(&list, &paging, &api, json, console).await?;
            }
            Verb::Get { id } => show(&api.get(&["orphans", &id], &[]).await?, json, console)?,
            Verb::Remove { id } => {
                let answer = api.send(Method::DELETE, &["orphans", &id], None).await?;
                if json { console.json(&answer)? } else { console.line(&removal(&answer["data"]))? }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn removal(orphan: &Value) -> String {
    let text = |name: &str| field::text(orphan, name);
    let owner = if orphan["tenantId"].is_null() { "the stage".into() } else { format!("tenant {}", text("tenantId")) };
    let data = if orphan["holdsData"] == true { ", with the data it holds" } else { "" };
    let (resource, native, id) = (text("resource"), text("native"), text("orphanId"));
    format!("{resource} of {owner} ({native}) is being removed{data}; `tenantry orphans get {id}` shows it until then")
}
