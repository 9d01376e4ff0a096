//! `tenantry registrations create`

use std::process::ExitCode;

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::api::Api;
use crate::client::attributes::{self, Attribute};
use crate::client::console::Console;
use crate::client::field;
use crate::client::wait::Waiting;

#[derive(Debug, Args)]
pub struct Create {
    /// The tenant's name: lower-case letters, digits and '-'
    #[arg(long)]
    name: String,

    /// The e-mail of its first admin, who gets a one-time password there
    #[arg(long)]
    email: String,

    /// A tier of the catalogue
    #[arg(long)]
    tier: String,

    /// More about the tenant; a value that is JSON is sent as such
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = attributes::parse)]
    tenant: Vec<Attribute>,

    /// More about the registration
    #[arg(long = "set-registration", value_name = "NAME=VALUE", value_parser = attributes::parse)]
    registration: Vec<Attribute>,

    #[command(flatten)]
    waiting: Waiting,
}

impl Create {
    pub async fn run(self, api: &Api, json: bool, console: &mut Console) -> anyhow::Result<ExitCode> {
        let mut tenant = attributes::object(&self.tenant);
        for (name, value) in [("tenantName", self.name), ("email", self.email), ("tier", self.tier)] {
            tenant.insert(name.to_owned(), value.into());
        }
        let registration = attributes::object(&self.registration);
        let body = json!({ "tenantData": tenant, "tenantRegistrationData": registration });
        let answer = api.send(Method::POST, &["tenant-registrations"], Some(&body)).await?;
        follow(&answer, &self.waiting, api, json, console).await
    }
}

/// Says what has begun, and follows it if that is wanted.
pub async fn follow(
    answer: &Value,
    waiting: &Waiting,
    api: &Api,
    json: bool,
    console: &mut Console,
) -> anyhow::Result<ExitCode> {
    let data = &answer["data"];
    let (registration, tenant) = (field::text(data, "tenantRegistrationId"), field::text(data, "tenantId"));
    if json && !waiting.wanted() {
        console.json(answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let said = format!("{}: registration {registration}, tenant {tenant}", field::text(data, "message"));
    if json {
        console.remark(&said)?;
    } else {
        console.line(&said)?;
    }
    if !waiting.wanted() {
        return Ok(ExitCode::SUCCESS);
    }
    let operation = match field::text(data, "operationId") {
        id if id.is_empty() => newest_operation(api, &tenant).await?,
        id => id,
    };
    waiting.follow(api, &tenant, &operation, json, console).await
}

/// The id of the operation that a tenant's registration is about now.
pub async fn newest_operation(api: &Api, tenant: &str) -> anyhow::Result<String> {
    let answer = api.get(&["tenants", tenant, "operations"], &[("limit", "1")]).await?;
    Ok(field::text(&answer["data"][0], "operationId"))
}
