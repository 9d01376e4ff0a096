//! Orphans: things that sweeps found and that no inventory names.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod view;

use tenantry_contract::orphan::{Orphan, OrphanId};
use tenantry_web::Problem;

use crate::state::Shared;

pub(crate) async fn find(app: &Shared, id: &str) -> Result<Orphan, Problem> {
    let found = match OrphanId::parse(id) {
        Ok(id) => app.cp.orphans.orphan(&id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| not_found(id))
}

pub(crate) fn not_found(id: &str) -> Problem {
    Problem::not_found(format!("Orphan not found for id {id}"))
}
