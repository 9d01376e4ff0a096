//! Whose events, and which.

use tenantry_contract::event::Event;
use tenantry_contract::id::{RegistrationId, TenantId};
use tenantry_ports::log::EventFilter;
use tenantry_web::Problem;

use crate::edge::faults::Faults;
use crate::edge::page::Params;

pub(super) fn parse(params: &Params) -> Result<EventFilter, Problem> {
    let mut faults = Faults::default();
    let tenant = params.filled("tenantId").and_then(|id| faults.take("tenantId", TenantId::parse(id)));
    let detail_type = params.filled("detailType").map(str::to_owned);
    faults.or(Some(EventFilter { tenant, detail_type }))
}

/// The filter in one text, for the seal of a position.
pub(super) fn text(filter: &EventFilter) -> String {
    let tenant = filter.tenant.as_ref().map_or("", |id| id.as_str());
    format!("{tenant} {}", filter.detail_type.as_deref().unwrap_or_default())
}

/// `registration` is the wanted tenant's: another application plane names that alone.
pub(super) fn lets_through(filter: &EventFilter, registration: Option<&RegistrationId>, event: &Event) -> bool {
    let of_tenant = |id: &TenantId| match event.text("tenantId") {
        Some(named) => named == id.as_str(),
        None => registration.is_some_and(|id| event.text("tenantRegistrationId") == Some(id.as_str())),
    };
    let tenant = filter.tenant.as_ref().is_none_or(of_tenant);
    tenant && filter.detail_type.as_ref().is_none_or(|kind| *kind == event.detail_type)
}
