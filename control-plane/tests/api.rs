//! The API as its clients meet it: the hardened router over the embedded store, on a paused clock.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "api/access.rs"]
mod access;
#[path = "api/documents.rs"]
mod documents;
#[path = "api/events.rs"]
mod events;
#[path = "api/grants.rs"]
mod grants;
#[path = "api/idempotency.rs"]
mod idempotency;
#[path = "api/issuer.rs"]
mod issuer;
#[path = "api/loops.rs"]
mod loops;
#[path = "api/nesting.rs"]
mod nesting;
#[path = "api/people.rs"]
mod people;
#[path = "api/registrations.rs"]
mod registrations;
#[path = "api/reports.rs"]
mod reports;
#[path = "api/stand.rs"]
mod stand;
#[path = "api/tenant_config.rs"]
mod tenant_config;
#[path = "api/users.rs"]
mod users;
#[path = "api/vectors.rs"]
mod vectors;
