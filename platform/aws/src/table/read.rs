//! Reading: always consistent, and patient, as reading twice harms nobody.

use std::collections::{BTreeSet, HashMap, HashSet};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use tenantry_ports::store::StoreError;

use super::{Database, Expression, Item, Key, Read, Table};

/// DynamoDB's bound for one `BatchGetItem`.
const BATCH: usize = 100;

/// A walk along one partition of the control plane's table.
#[derive(Debug, Clone)]
pub struct Query {
    pk: String,
    from: String,
    to: String,
    newest_first: bool,
    filter: Option<Expression>,
}

/// Sorts before and after everything that ids and moments are made of.
const LEAST: &str = "!";
const MOST: &str = "~";

impl Query {
    /// A whole partition.
    pub fn of(pk: impl Into<String>) -> Self {
        Self { pk: pk.into(), from: LEAST.into(), to: MOST.into(), newest_first: false, filter: None }
    }

    /// Sort keys that begin with this.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        (self.from, self.to) = (format!("{prefix}{LEAST}"), format!("{prefix}{MOST}"));
        self
    }

    /// Sort keys greater than this.
    #[must_use]
    pub fn after(mut self, sk: &str) -> Self {
        self.from = format!("{sk}{LEAST}");
        self
    }

    /// Sort keys from this one on.
    #[must_use]
    pub fn from(mut self, sk: impl Into<String>) -> Self {
        self.from = sk.into();
        self
    }

    /// Sort keys up to this one, and those that begin with it.
    #[must_use]
    pub fn to(mut self, sk: &str) -> Self {
        self.to = format!("{sk}{MOST}");
        self
    }

    /// Sort keys less than this. None sorts between a key and the least that is written before it.
    #[must_use]
    pub fn before(mut self, sk: &str) -> Self {
        self.to = just_before(sk);
        self
    }

    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    pub(super) fn is_newest_first(&self) -> bool {
        self.newest_first
    }

    fn condition(&self) -> Expression {
        Expression::new("#pk = :pk AND #sk BETWEEN :from AND :to")
            .text("pk", &self.pk)
            .text("from", &self.from)
            .text("to", &self.to)
    }

    #[must_use]
    pub fn filter(mut self, filter: Option<Expression>) -> Self {
        self.filter = filter;
        self
    }
}

/// The text with its last character one less, and everything that begins with that: keys are plain ASCII.
fn just_before(sk: &str) -> String {
    let mut text = sk.to_owned();
    match text.pop() {
        Some(last) if last > '!' => {
            text.push(char::from_u32(u32::from(last) - 1).unwrap_or('!'));
            text.push_str(MOST);
        }
        _ => {}
    }
    text
}

impl Database {
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let get = || async {
            let request = self.client().get_item().table_name(self.inner.tables.name(key.table));
            let got = request.set_key(Some(key.item())).consistent_read(true).send().await;
            got.map_err(|e| self.call("dynamodb:GetItem", key.table).fault(e))
        };
        Ok(self.patiently(get).await?.item)
    }

    /// The items that are there, by key.
    pub async fn get_all(&self, keys: Vec<Key>) -> Result<HashMap<Key, Item>, StoreError> {
        let keys: HashSet<Key> = keys.into_iter().collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let mut found = HashMap::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            self.get_batch(batch, &mut found).await?;
        }
        Ok(found)
    }

    async fn get_batch(&self, keys: &[Key], found: &mut HashMap<Key, Item>) -> Result<(), StoreError> {
        let mut asked: HashMap<Table, Vec<Item>> = HashMap::new();
        for key in keys {
            asked.entry(key.table).or_default().push(key.item());
        }
        let tables: BTreeSet<Table> = asked.keys().copied().collect();
        let mut wanted = HashMap::new();
        for (table, keys) in asked {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let keys = keys.map_err(|e| StoreError::broken("a read could not be built", e))?;
            wanted.insert(self.inner.tables.name(table).to_owned(), keys);
        }
        let mut attempts = self.attempts();
        loop {
            let get = || async {
                let got = self.client().batch_get_item().set_request_items(Some(wanted.clone())).send().await;
                got.map_err(|e| self.call_on("dynamodb:BatchGetItem", &tables).fault(e))
            };
            let got = self.patiently(get).await?;
            for (name, items) in got.responses.unwrap_or_default() {
                let table = self.table_called(&name);
                for item in items {
                    found.insert(Key::read(table, &item)?, item);
                }
            }
            wanted = got.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(());
            }
            // What did not fit into one answer, or was throttled.
            if !attempts.again().await {
                return Err(StoreError::Busy { retry_after: std::time::Duration::from_secs(1) });
            }
        }
    }

    fn table_called(&self, name: &str) -> Table {
        let tables = [Table::Tenants, Table::Registrations];
        tables.into_iter().find(|t| self.inner.tables.name(*t) == name).unwrap_or(Table::ControlPlane)
    }

    /// Up to `limit` items, over as many calls as it takes.
    pub async fn query(&self, query: &Query, limit: usize) -> Result<Vec<Item>, StoreError> {
        let condition = query.condition();
        let (mut found, mut start) = (Vec::new(), None);
        // DynamoDB takes bounds the wrong way round for a mistake.
        let limit = if query.from > query.to { 0 } else { limit };
        while found.len() < limit {
            // With a filter the bound would be for what is looked at, not for what is found.
            let bound = query.filter.is_none().then(|| limit - found.len());
            let (items, next) = self.stretch(query, &condition, start, bound).await?;
            found.extend(items);
            start = next;
            if start.is_none() {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// What is found among the first `most` items at most, and the sort key of the last one that was looked at if
    /// there may be more behind it.
    pub async fn look_at(&self, query: &Query, most: usize) -> Result<(Vec<Item>, Option<String>), StoreError> {
        if query.from > query.to {
            return Ok((Vec::new(), None));
        }
        let (found, last) = self.stretch(query, &query.condition(), None, Some(most)).await?;
        let last = last.map(|key| Ok::<_, StoreError>(key.text("sk")?.to_owned())).transpose()?;
        Ok((found, last))
    }

    /// One call: what it found, and where the next one begins.
    async fn stretch(
        &self,
        query: &Query,
        condition: &Expression,
        start: Option<Item>,
        most: Option<usize>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let (names, values) = Expression::merged(&[Some(condition), query.filter.as_ref()]);
        let ask = || async {
            let request = self.client().query().table_name(&self.inner.tables.control_plane);
            let request = request
                .consistent_read(true)
                .key_condition_expression(&condition.text)
                .set_filter_expression(query.filter.as_ref().map(|f| f.text.clone()))
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .scan_index_forward(!query.newest_first)
                .set_exclusive_start_key(start.clone())
                .set_limit(most.map(|most| i32::try_from(most).unwrap_or(i32::MAX)));
            request.send().await.map_err(|e| self.call("dynamodb:Query", Table::ControlPlane).fault(e))
        };
        let got = self.patiently(ask).await?;
        Ok((got.items.unwrap_or_default(), got.last_evaluated_key.filter(|key| !key.is_empty())))
    }
}

impl Key {
    /// The key of an item of the control plane's own table.
    pub(crate) fn control_plane(item: &Item) -> Result<Self, StoreError> {
        Self::read(Table::ControlPlane, item)
    }

    fn read(table: Table, item: &Item) -> Result<Self, StoreError> {
        let (pk, sk) = match table {
            Table::Tenants => (item.text("tenantId")?, None),
            Table::Registrations => (item.text("tenantRegistrationId")?, None),
            Table::ControlPlane => (item.text("pk")?, Some(item.text("sk")?.to_owned())),
        };
        Ok(Self { table, pk: pk.to_owned(), sk })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_where_they_should_be() {
        let key = "000001795000000#0199b0c2-8f3a";
        assert!(just_before(key).as_str() < key);
        assert!(just_before(key).as_str() > "000001795000000#0199b0c2-8f39-9999");
        let query = Query::of("p").after(key);
        assert!(query.from.as_str() > key && query.from.as_str() < "000001795000000#0199b0c2-8f3a0");
        let query = Query::of("p").prefix("event#");
        assert!("event#00" > query.from.as_str() && "event#zz" < query.to.as_str());
        assert!(!("operation#1" > query.from.as_str() && "operation#1" < query.to.as_str()));
    }
}
