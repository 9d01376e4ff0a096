//! A write in progress: the connection, and what a decision needs beside it.

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use rusqlite::Connection;
use tenantry_contract::event::{Draft, Event, EventName, Sources};
use tenantry_contract::id::TenantId;
use tenantry_contract::time::Timestamp;
use tenantry_ports::ids::{Ids, MintIds};

use super::Inner;
use super::events::{Logged, publish, publish_body};
use super::unreadable::Unreadable;
use crate::keys::Young;

pub struct Change<'a> {
    conn: &'a Connection,
    pub now: Timestamp,
    pub ids: &'a dyn Ids,
    pub young: &'a Young,
    pub unreadable: &'a Unreadable,
    sources: &'a Sources,
    published: Cell<Option<Logged>>,
    closing: RefCell<Vec<TenantId>>,
}

impl<'a> Change<'a> {
    pub fn new(conn: &'a Connection, now: Timestamp, inner: &'a Inner) -> Self {
        let Inner { ids, young, sources, unreadable, .. } = inner;
        let (published, closing) = (Cell::new(None), RefCell::default());
        Self { conn, now, ids: &**ids, young, unreadable, sources, published, closing }
    }

    /// Gives drafts their ids and time, and appends them to the log.
    pub fn announce(&self, drafts: Vec<Draft>) -> Result<(), rusqlite::Error> {
        for draft in drafts {
            self.publish(&draft.stamp(self.ids.event(), self.now, self.sources))?;
        }
        Ok(())
    }

    pub fn publish(&self, event: &Event) -> Result<(), rusqlite::Error> {
        self.log(publish(self.conn, event)?);
        self.note(event);
        Ok(())
    }

    pub fn publish_body(&self, event: &Event, body: &[u8]) -> Result<(), rusqlite::Error> {
        self.log(publish_body(self.conn, event, body)?);
        self.note(event);
        Ok(())
    }

    fn log(&self, logged: Logged) {
        let hears = self.published.get().map_or(0, |before| before.hears) | logged.hears;
        self.published.set(Some(Logged { hears, ..logged }));
    }

    fn note(&self, event: &Event) {
        const CLOSE: [&str; 2] =
            [EventName::OffboardingRequest.detail_type(), EventName::DeactivateRequest.detail_type()];
        if CLOSE.contains(&event.detail_type.as_str())
            && let Some(tenant) = event.text("tenantId").and_then(|id| TenantId::parse(id).ok())
        {
            self.closing.borrow_mut().push(tenant);
        }
    }

    /// Tenants that are not to be served any more once this is committed.
    pub fn closing(&self) -> Vec<TenantId> {
        self.closing.take()
    }

    /// The place of the last event of this change, and who hears any of them.
    pub fn published(&self) -> Option<Logged> {
        self.published.get()
    }
}

impl Deref for Change<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}
