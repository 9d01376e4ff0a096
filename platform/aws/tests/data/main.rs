//! Tenants' data: what is asked of STS and with whose credentials DynamoDB is called.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fake;
mod sessions;
