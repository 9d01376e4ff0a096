//! Tenants' data in DynamoDB: a table of one service, shared by tenants or a tenant's own.
//!
//! In a shared table every call is made with credentials that STS has narrowed to the tenant of the call, so that a
//! mistake up here is refused by AWS. A tenant's own table is reached with the process's own credentials, whose
//! role names that table and no other.

mod item;
mod policy;
mod sessions;

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use tenantry_contract::id::TenantId;
use tenantry_ports::clock::Clock;
use tenantry_ports::data::{DataError, Existing, Item, PageSize, TenantTable, json_bytes};
use tenantry_ports::ids::Ids;
use tenantry_ports::page::{Page, PageRequest, Position};

use self::item::Attributes;
use self::sessions::Sessions;
use crate::fault::{Call, Fault, call};

/// Which table, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTable {
    pub name: String,
    /// The attribute that holds the tenant's id, of type S.
    pub partition_key: String,
    /// The attribute that holds an item's key, of type S.
    pub sort_key: String,
    /// None for a tenant's own table.
    pub shared: Option<Shared>,
}

/// What narrowing takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    pub table_arn: String,
    /// The role whose sessions are narrowed: it may do in the table what they may, for any tenant.
    pub role_arn: String,
}

#[derive(Clone)]
pub struct DynamoTable {
    client: Client,
    table: Arc<DataTable>,
    ids: Arc<dyn Ids>,
    sessions: Option<Sessions>,
}

/// Marks whose put an item is of, so that a put that is tried again knows its own work. No reader sees it.
const PUT: &str = "tenantry:put";
/// No sort key is longer.
const LONGEST_KEY: usize = 1_024;

impl DynamoTable {
    pub fn new(sdk: &SdkConfig, table: DataTable, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let sessions = table.shared.clone().map(|Shared { table_arn, role_arn }| {
            Sessions::new(aws_sdk_sts::Client::new(sdk), role_arn, table_arn, clock)
        });
        Self { client: Client::new(sdk), table: Arc::new(table), ids, sessions }
    }

    /// What a call for the tenant is made with, beside what every call is made with.
    async fn acting_for(&self, tenant: &TenantId) -> Result<config::Builder, DataError> {
        match &self.sessions {
            None => Ok(config::Builder::new()),
            Some(sessions) => Ok(sessions.of(tenant).await?),
        }
    }

    fn call(&self, name: &'static str) -> Call {
        call(name, format!("table {}", self.table.name))
    }

    fn failed(&self, tenant: &TenantId, fault: Fault) -> DataError {
        // Not for what a policy does not allow: new ones would be refused as well, and STS asked at every request.
        if fault.is_of_credentials()
            && let Some(sessions) = &self.sessions
        {
            sessions.forget(tenant);
        }
        fault.into()
    }

    fn key(&self, tenant: &TenantId, key: &str) -> Attributes {
        let of = |name: &String, value: &str| (name.clone(), AttributeValue::S(value.to_owned()));
        Attributes::from([of(&self.table.partition_key, tenant.as_str()), of(&self.table.sort_key, key)])
    }

    fn read(mut attributes: Attributes) -> Result<Item, DataError> {
        attributes.remove(PUT);
        item::item(attributes)
    }
}

/// Whether there can be an item of that key.
fn possible(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len())
}

#[async_trait]
impl TenantTable for DynamoTable {
    async fn get(&self, tenant: &TenantId, key: &str) -> Result<Option<Item>, DataError> {
        if !possible(key) {
            return Ok(None);
        }
        let request = self
            .client
            .get_item()
            .table_name(&self.table.name)
            .set_key(Some(self.key(tenant, key)))
            .consistent_read(true)
            .customize()
            .config_override(self.acting_for(tenant).await?);
        match request.send().await {
            Ok(found) => found.item.map(Self::read).transpose(),
            Err(error) => Err(self.failed(tenant, self.call("dynamodb:GetItem").fault(error))),
        }
    }

    async fn put(&self, tenant: &TenantId, key: &str, item: Item, only_if: Existing) -> Result<bool, DataError> {
        if !possible(key) {
            let what = format!("the key of an item must have 1 to {LONGEST_KEY} bytes, and this one has {}", key.len());
            return Err(DataError::Broken { what, cause: None });
        }
        let mark = AttributeValue::S(self.ids.fresh());
        let mut attributes = item::attributes(item)?;
        // Whose an item is and its key are said by us alone.
        attributes.extend(self.key(tenant, key));
        attributes.insert(PUT.to_owned(), mark.clone());
        let condition = match only_if {
            Existing::Either => None,
            Existing::Absent => Some("attribute_not_exists(#key)"),
            Existing::Present => Some("attribute_exists(#key)"),
        };
        let request = self
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(attributes))
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_names(condition.map(|_| [("#key".into(), self.table.sort_key.clone())].into()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .customize()
            .config_override(self.acting_for(tenant).await?);
        let Err(error) = request.send().await else { return Ok(true) };
        if let Some(PutItemError::ConditionalCheckFailedException(found)) = error.as_service_error() {
            // The SDK tries again when an answer is lost. What is in the way is then our own item.
            return Ok(found.item().is_some_and(|item| item.get(PUT) == Some(&mark)));
        }
        Err(self.failed(tenant, self.call("dynamodb:PutItem").fault(error)))
    }

    async fn delete(&self, tenant: &TenantId, key: &str) -> Result<bool, DataError> {
        if !possible(key) {
            return Ok(false);
        }
        let request = self
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(self.key(tenant, key)))
            .return_values(ReturnValue::AllOld)
            .customize()
            .config_override(self.acting_for(tenant).await?);
        match request.send().await {
            Ok(old) => Ok(old.attributes.is_some_and(|item| !item.is_empty())),
            Err(error) => Err(self.failed(tenant, self.call("dynamodb:DeleteItem").fault(error))),
        }
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<Item>, DataError> {
        let wanted = page.limit.saturating_add(1);
        // A position is a key, and whose it is comes from who asks: one of another tenant shows nothing of theirs.
        let mut after =
            page.after.filter(|position| possible(&position.0)).map(|position| self.key(tenant, &position.0));
        let mut found: Vec<Item> = Vec::new();
        let mut last = None;
        let mut size = PageSize::default();
        // DynamoDB ends a page of its own at 1 MB.
        let more = 'parts: loop {
            let left = i32::try_from(wanted - found.len()).unwrap_or(i32::MAX);
            let request = self
                .client
                .query()
                .table_name(&self.table.name)
                .key_condition_expression("#tenant = :tenant")
                .expression_attribute_names("#tenant", &self.table.partition_key)
                .expression_attribute_values(":tenant", AttributeValue::S(tenant.as_str().to_owned()))
                .consistent_read(true)
                .limit(left)
                .set_exclusive_start_key(after.take())
                .customize()
                .config_override(self.acting_for(tenant).await?);
            let part = match request.send().await {
                Ok(part) => part,
                Err(error) => return Err(self.failed(tenant, self.call("dynamodb:Query").fault(error))),
            };
            for attributes in part.items.unwrap_or_default() {
                let key = attributes.get(&self.table.sort_key).and_then(|key| key.as_s().ok()).cloned();
                let item = Self::read(attributes)?;
                if found.len() == page.limit || !size.takes(json_bytes(&item)) {
                    break 'parts true;
                }
                found.push(item);
                last = key;
            }
            after = part.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                break false;
            }
        };
        Ok(Page { items: found, next: last.filter(|_| more).map(Position) })
    }
}
