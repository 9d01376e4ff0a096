//! `tenantry events`

mod tail;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::api::Api;
use super::args::Common;
use super::console::Console;
use super::field;
use super::list::{self, List, Paging};
use super::table::Column;

const COLUMNS: [Column; 4] =
    [("TIME", "time"), ("EVENT", "detail-type"), ("TENANT", "detail.tenantId"), ("OPERATION", "detail.operationId")];

#[derive(Debug, Args)]
pub struct Events {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Args)]
struct Filter {
    /// Of this tenant's id only
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// Of this detail type only, such as `sbt_aws_provisionSuccess`
    #[arg(long = "type", value_name = "DETAIL_TYPE")]
    detail_type: Option<String>,
}

impl Filter {
    fn query(&self) -> Vec<(&str, &str)> {
        let given = [("tenantId", self.tenant.as_deref()), ("detailType", self.detail_type.as_deref())];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List recent events, the newest first
    List {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show events as they are published
    Tail {
        #[command(flatten)]
        filter: Filter,
        /// End after so many
        #[arg(long, value_name = "N")]
        count: Option<u64>,
    },
}

impl Events {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let (api, json) = (Api::open(&self.common)?, self.common.json);
        match self.verb {
            Verb::List { filter, paging } => {
                let nothing = "There are no recent events.";
                let list = List { path: &["events"], query: filter.query(), columns: &COLUMNS, page: 100, nothing };
                list::show(&list, &paging, &api, json, console).await?;
            }
            Verb::Tail { filter, count } => tail::run(&filter, count, &api, json, console).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An event in a line: for programs whole, for people what it is about.
fn line(event: &Value, json: bool) -> String {
    if json {
        return event.to_string();
    }
    let text = |path| field::text(event, path);
    let mut line = format!("{}  {}  {}", text("time"), text("detail-type"), text("detail.tenantId"));
    let steps = event["detail"]["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    for step in steps {
        let step = ["action", "name", "state"].map(|path| field::text(step, path)).join(" ");
        line.push_str("  ");
        line.push_str(&step);
    }
    let ends = ["detail.registrationStatus", "detail.outcome.failure.reason", "detail.jobOutput.tenantStatus"];
    for said in ends.map(text).into_iter().filter(|said| !said.is_empty()) {
        line.push_str("  ");
        line.push_str(&said);
    }
    line
}
