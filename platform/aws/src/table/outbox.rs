//! Events: each is an item of the log and, until a relay has put it on the bus, an item of the outbox that names it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::event::{Draft, Event};
use tenantry_contract::id::TenantId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::ids::MintIds;
use tenantry_ports::store::StoreError;

use super::{Expression, Intent, Item, Key, Published, Read, expires_at, moment, shard, sharded};

/// How long an event stays in the log.
pub const EVENTS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// An event that is not on the bus yet: shard and sort key, which are the event item's too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer {
    pub shard: u8,
    pub sk: String,
}

impl Pointer {
    /// The pointer that an item of `outbox#NN` is.
    pub fn read(item: &Item) -> Result<Self, StoreError> {
        let shard = item.text("pk")?.strip_prefix("outbox#").and_then(|n| n.parse().ok());
        let shard = shard.ok_or_else(|| item.broken("pk", "outbox# and a shard"))?;
        Ok(Self { shard, sk: item.text("sk")?.to_owned() })
    }

    /// The pointer's own item, to be deleted when the event is on the bus.
    pub fn key(&self) -> Key {
        Key::of(sharded("outbox", self.shard), &self.sk)
    }

    /// The event's item, see [`stored_event`].
    pub fn event(&self) -> Key {
        Key::of(sharded("events", self.shard), &self.sk)
    }
}

/// An event that is not on the bus is kept on when less than this is left of its time.
const RENEWED: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Whether the log would soon forget an event.
pub fn expires_soon(event: &Item, now: Timestamp) -> bool {
    event.maybe_number::<i64>("expiresAt").is_some_and(|at| at < now.plus(RENEWED).seconds())
}

impl Intent<'_> {
    /// Keeps an event for as long as a new one.
    pub fn keep_on(&mut self, pointer: &Pointer) {
        let (name, until) = expires_at(self.now.plus(EVENTS_KEPT));
        let longer = Expression::new(format!("SET #{name} = :until")).value("until", until);
        self.update_if(pointer.event(), longer, Expression::new("attribute_exists(#pk)"));
    }

    /// Gives drafts their ids and time, and publishes them with this write.
    pub fn announce<'t>(
        &mut self,
        tenant: impl Into<Option<&'t TenantId>>,
        drafts: Vec<Draft>,
    ) -> Result<(), StoreError> {
        let tenant = tenant.into();
        for draft in drafts {
            let event = draft.stamp(self.database.ids().event(), self.now, &self.database.inner.sources);
            self.publish(&event, tenant)?;
        }
        Ok(())
    }

    /// Publishes an event with this write: it is logged, and relayed to the bus.
    pub fn publish(&mut self, event: &Event, tenant: Option<&TenantId>) -> Result<(), StoreError> {
        let (pointer, size) = self.log_sized(event, tenant)?;
        self.put(pointer.key(), []);
        self.published.push(Published { pointer, event: event.clone(), size });
        Ok(())
    }

    /// Logs an event that is on the bus already.
    pub fn log(&mut self, event: &Event, tenant: Option<&TenantId>) -> Result<Pointer, StoreError> {
        Ok(self.log_sized(event, tenant)?.0)
    }

    fn log_sized(&mut self, event: &Event, tenant: Option<&TenantId>) -> Result<(Pointer, usize), StoreError> {
        let body = serde_json::to_string(event)
            .map_err(|e| StoreError::broken(format!("event {} cannot be written as JSON", event.key()), e))?;
        // By the time of the write, not the sender's: followers of the log read on from there.
        let size = body.len();
        let pointer = Pointer { shard: shard(event.key()), sk: format!("{}#{}", moment(self.now), event.key()) };
        let gone = expires_at(self.now.plus(EVENTS_KEPT));
        let text = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
        let whose = tenant.map(|id| text("tenant", id.as_str()));
        let attributes = [text("type", &event.detail_type), text("event", &body), gone.clone()];
        self.put(pointer.event(), attributes.into_iter().chain(whose));
        if let Some(tenant) = tenant {
            let of_tenant = Key::of(format!("tenant#{tenant}"), format!("event#{}", pointer.sk));
            self.put(of_tenant, [text("type", &event.detail_type), gone]);
        }
        Ok((pointer, size))
    }
}

/// The event in an item of the log.
pub fn stored_event(item: &Item) -> Result<Event, StoreError> {
    item.json("event")
}

/// As [`stored_event`], for a look that passes over one that cannot be read: a newer version of a role may have written
/// it, and whoever lists or follows could never get past it.
pub fn readable_event(item: &Item) -> Option<Event> {
    let told = |error: &StoreError| {
        let key = item.maybe_text("sk").unwrap_or_default();
        tracing::warn!(%error, key, "an event cannot be read and is passed over: update this role to the newest version");
    };
    stored_event(item).inspect_err(told).ok()
}

/// The event that an item under `tenant#<id>` names.
pub fn event_of(of_tenant: &Item) -> Result<Key, StoreError> {
    let sk = of_tenant.text("sk")?;
    let named = sk.strip_prefix("event#").and_then(|sk| sk.split_once('#').map(|(_, id)| (sk, id)));
    let (sk, id) = named.ok_or_else(|| of_tenant.broken("sk", "an event's time and id"))?;
    Ok(Key::of(sharded("events", shard(id)), sk))
}
