//! `tenantry registrations update`

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::show;
use crate::client::api::Api;
use crate::client::attributes::{self, Attribute};
use crate::client::console::Console;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("changes").required(true).multiple(true).args(["tenant", "registration"]))]
pub struct Update {
    /// The registration's id
    #[arg(help_heading = None)]
    id: String,

    /// About the tenant; a value that is JSON is sent as such
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = attributes::parse)]
    tenant: Vec<Attribute>,

    /// About the registration
    #[arg(long = "set-registration", value_name = "NAME=VALUE", value_parser = attributes::parse)]
    registration: Vec<Attribute>,
}

impl Update {
    pub async fn run(self, api: &Api, json: bool, console: &mut Console) -> anyhow::Result<()> {
        let mut body = json!({});
        for (name, given) in [("tenantData", &self.tenant), ("tenantRegistrationData", &self.registration)] {
            if !given.is_empty() {
                body[name] = Value::Object(attributes::object(given));
            }
        }
        let answer = api.send(Method::PATCH, &["tenant-registrations", &self.id], Some(&body)).await?;
        show(&answer, json, console)
    }
}
