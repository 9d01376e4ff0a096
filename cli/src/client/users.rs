//! `tenantry users`: the provider's own people.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::Common;
use super::console::Console;
use super::field;
use super::list::{self, List, Paging};
use super::registrations::show;
use super::table::Column;

const COLUMNS: [Column; 5] =
    [("USER", "userName"), ("ROLE", "userRole"), ("STATUS", "status"), ("ENABLED", "enabled"), ("EMAIL", "email")];

#[derive(Debug, Args)]
pub struct Users {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List users
    List(Paging),
    /// Show one
    Get { name: String },
    /// Make a user, who gets a one-time password by mail
    Create {
        name: String,
        #[arg(long)]
        email: String,
        /// Free text; `SystemAdmin` and `SystemViewer` give rights
        #[arg(long)]
        role: String,
    },
    /// Change a user's role or e-mail
    #[command(group = clap::ArgGroup::new("changes").required(true).multiple(true).args(["email", "role"]))]
    Update {
        name: String,
        #[arg(long)]
        email: Option<String>,
        #[arg(long)]
        role: Option<String>,
    },
    /// Delete a user
    Delete { name: String },
    /// Let a user sign in again
    Enable { name: String },
    /// Keep a user from signing in
    Disable { name: String },
}

impl Users {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let (api, json) = (Api::open(&self.common)?, self.common.json);
        match self.verb {
            Verb::List(paging) => {
                let nothing = "There are no users.";
                let list = List { path: &["users"], query: vec![], columns: &COLUMNS, page: 60, nothing };
                list::show(&list, &paging, &api, json, console).await?;
            }
            Verb::Get { name } => show(&api.get(&["users", &name], &[]).await?, json, console)?,
            Verb::Create { name, email, role } => {
                let body = json!({ "userName": name, "email": email, "userRole": role });
                let answer = api.send(Method::POST, &["users"], Some(&body)).await?;
                say(&answer, &format!("User {name} created; a one-time password is on its way."), json, console)?;
            }
            Verb::Update { name, email, role } => {
                let given = [("email", email), ("userRole", role)];
                let changes: Map<String, Value> =
                    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
                let answer = api.send(Method::PUT, &["users", &name], Some(&changes.into())).await?;
                say(&answer, &message(&answer), json, console)?;
            }
            Verb::Delete { name } => {
                let answer = api.send(Method::DELETE, &["users", &name], None).await?;
                say(&answer, &message(&answer), json, console)?;
            }
            Verb::Enable { name } => {
                let answer = api.send(Method::PUT, &["users", &name, "enable"], None).await?;
                say(&answer, &message(&answer), json, console)?;
            }
            Verb::Disable { name } => {
                let answer = api.send(Method::PUT, &["users", &name, "disable"], None).await?;
                say(&answer, &message(&answer), json, console)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(answer: &Value, words: &str, json: bool, console: &mut Console) -> anyhow::Result<()> {
    if json { console.json(answer) } else { console.line(words) }
}

/// SBT answers some with a bare message, some within `data`.
fn message(answer: &Value) -> String {
    match field::text(answer, "message") {
        text if text.is_empty() => field::text(answer, "data.message"),
        text => text,
    }
}
