//! Pages of the log, newest first.

use tenantry_contract::event::Event;
use tenantry_contract::id::TenantId;
use tenantry_ports::log::EventFilter;
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_ports::store::StoreError;

use crate::table::{Database, EVENTS_KEPT, Expression, Query, Read, cut, event_of, moment, readable_event};

/// How many items of one partition a page looks at to find those of a type: DynamoDB bills what it looks at.
const LOOKED_AT: usize = 250;

pub async fn of_all(database: &Database, filter: &EventFilter, page: &PageRequest) -> Result<Page<Event>, StoreError> {
    let walk = |query| walk(database, query, "", filter, page);
    let (found, more) = match looked_at(filter, page) {
        None => (database.merged("events", page.limit + 1, walk).await?, None),
        Some(most) => database.newest_of("events", most, walk).await?,
    };
    let events = found.iter().map(|item| Ok((item.text("sk")?.to_owned(), readable_event(item))));
    let Page { items, next } = short(cut(events.collect::<Result<_, StoreError>>()?, page.limit), more);
    Ok(Page { items: items.into_iter().flatten().collect(), next })
}

/// By the tenant's own list, which names the events.
pub async fn of_tenant(
    database: &Database,
    tenant: &TenantId,
    filter: &EventFilter,
    page: &PageRequest,
) -> Result<Page<Event>, StoreError> {
    const LINE: &str = "event#";
    let position = |sk: &str| sk.trim_start_matches(LINE).to_owned();
    let query = walk(database, Query::of(format!("tenant#{tenant}")), LINE, filter, page);
    let (named, more) = match looked_at(filter, page) {
        None => (database.query(&query, page.limit + 1).await?, None),
        Some(most) => database.look_at(&query, most).await?,
    };
    let named = named.iter().map(|item| Ok((position(item.text("sk")?), event_of(item)?)));
    let named = short(cut(named.collect::<Result<_, StoreError>>()?, page.limit), more.as_deref().map(position));
    let events = database.get_all(named.items.clone()).await?;
    // One that is swept already is no longer in the log.
    let items = named.items.iter().filter_map(|key| events.get(key)).filter_map(readable_event).collect();
    Ok(Page { items, next: named.next })
}

/// None if whatever is looked at is found.
fn looked_at(filter: &EventFilter, page: &PageRequest) -> Option<usize> {
    filter.detail_type.as_ref().map(|_| LOOKED_AT.min(10 * (page.limit + 1)))
}

/// A page that looked at as many as it may goes on where it stopped, with whatever it found.
fn short<T>(page: Page<T>, more: Option<String>) -> Page<T> {
    Page { next: page.next.or(more.map(Position)), ..page }
}

fn walk(database: &Database, query: Query, line: &str, filter: &EventFilter, page: &PageRequest) -> Query {
    let of_type = |name: &String| Expression::new("#type = :type").text("type", name);
    let query = query.newest_first().filter(filter.detail_type.as_ref().map(of_type));
    let kept = i64::try_from(EVENTS_KEPT.as_millis()).unwrap_or(i64::MAX);
    let oldest = tenantry_contract::time::Timestamp::from_millis(database.now().millis().saturating_sub(kept));
    let query = query.prefix(line).from(format!("{line}{}", moment(oldest)));
    match &page.after {
        Some(position) => query.before(&format!("{line}{}", position.0)),
        None => query,
    }
}
