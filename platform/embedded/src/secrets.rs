//! Secrets the server makes for itself.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use tenantry_ports::secrets::Secrets;
use tenantry_ports::store::StoreError;

use crate::database::Database;

#[async_trait]
impl Secrets for Database {
    async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError> {
        let wanted = name.to_owned();
        let known = self.inner.sqlite.read(move |c| {
            c.query_row("SELECT secret FROM secrets WHERE name = ?1", [wanted], |row| row.get(0)).optional()
        });
        if let Some(secret) = known.await? {
            return Ok(secret);
        }
        let name = name.to_owned();
        let mut fresh = [0; 32];
        self.inner.ids.fill(&mut fresh);
        let made = self.change(move |c| {
            // Somebody may have been quicker; theirs stays.
            c.execute("INSERT OR IGNORE INTO secrets (name, secret) VALUES (?1, ?2)", params![name, fresh])?;
            c.query_row("SELECT secret FROM secrets WHERE name = ?1", [name], |row| row.get(0))
        });
        Ok(made.await?)
    }
}
