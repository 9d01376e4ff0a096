//! What a tenant's web application asks before anybody has signed in: where its users sign in and where its
//! API is. Public, so it is rate-limited and says nothing else.

pub(crate) mod by_name;
pub(crate) mod by_query;
mod limit;
mod render;

pub(crate) use self::limit::PublicLimit;
pub(crate) use self::render::{rendered_text, take_shown};

use serde_json::{Map, Value};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_web::Problem;

use crate::state::App;

/// The configuration of a tenant that was found, by whatever the client calls it.
fn answer(app: &App, found: Option<&TenantRecord>, called: &str) -> Result<Map<String, Value>, Problem> {
    found
        .filter(|record| record.status != Status::Deleted)
        .and_then(|record| render::rendered(record, &app.cp.settings))
        .ok_or_else(|| Problem::not_found(format!("No tenant details found for {called}")))
}
