//! How much tenants use: `pk` `usage#<tenant>`, `sk` the day.
//!
//! A request is one conditional update, which cannot go over the limit. An update whose answer was lost may be made
//! twice: then a request counts as two, and never as none.

use async_trait::async_trait;
use tenantry_contract::id::TenantId;
use tenantry_ports::store::StoreError;
use tenantry_ports::usage::{Counted, Usage};

use crate::table::{Database, Expression, Key, Read, expires_at};

/// Longer than anybody asks for, and then DynamoDB's broom takes them.
const KEPT: std::time::Duration = std::time::Duration::from_secs(40 * 24 * 60 * 60);

#[async_trait]
impl Usage for Database {
    async fn take(&self, tenant: &TenantId, day: &str, limit: u64) -> Result<Counted, StoreError> {
        let key = key(tenant, day)?;
        if limit == 0 {
            return Ok(Counted::Over);
        }
        let (name, expires) = expires_at(self.now().plus(KEPT));
        let update = Expression::new(format!("ADD #used :one SET #{name} = :expires"));
        let update = update.number("one", 1).value("expires", expires);
        let room = Expression::new("attribute_not_exists(#used) OR #used < :limit").number("limit", limit);
        match self.update_one(&key, &update, &room).await? {
            Some(item) => Ok(Counted::Within { used: item.number("used")? }),
            None => Ok(Counted::Over),
        }
    }

    async fn used(&self, tenant: &TenantId, day: &str) -> Result<u64, StoreError> {
        self.get(&key(tenant, day)?).await?.map_or(Ok(0), |item| item.number("used"))
    }
}

fn key(tenant: &TenantId, day: &str) -> Result<Key, StoreError> {
    let digit = |(place, byte): (usize, u8)| if [4, 7].contains(&place) { byte == b'-' } else { byte.is_ascii_digit() };
    if day.len() != 10 || !day.bytes().enumerate().all(digit) {
        return Err(StoreError::Broken { what: "a day must look like 2026-11-22".into(), cause: None });
    }
    Ok(Key::of(format!("usage#{tenant}"), day))
}
