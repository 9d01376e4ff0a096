//! Reading a whole table, which nothing does that serves people.

use tenantry_ports::store::StoreError;

use super::{Database, Item, Table};

/// Where a walk through a table goes on.
#[derive(Debug, Clone)]
pub struct Place(Item);

impl Database {
    /// The next items of a table, in no order, and where to go on unless these were the last.
    pub async fn scan(&self, table: Table, from: Option<Place>) -> Result<(Vec<Item>, Option<Place>), StoreError> {
        let start = from.map(|from| from.0);
        let ask = || async {
            let request = self.client().scan().table_name(self.inner.tables.name(table)).consistent_read(true);
            let got = request.set_exclusive_start_key(start.clone()).send().await;
            got.map_err(|e| self.call("dynamodb:Scan", table).fault(e))
        };
        let got = self.patiently(ask).await?;
        let next = got.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((got.items.unwrap_or_default(), next.map(Place)))
    }
}
