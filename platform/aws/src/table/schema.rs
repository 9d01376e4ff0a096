//! The tables as the stack makes them: written down once, for tests that make them on an emulator and for
//! `tenantry aws check`.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};

use super::Tables;
use crate::fault::{Fault, call};

/// A table. All keys are strings, all tables are paid for by the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub name: String,
    pub partition_key: &'static str,
    pub sort_key: Option<&'static str>,
    pub index: Option<Index>,
    /// The attribute with the second from which DynamoDB may remove an item.
    pub ttl: Option<&'static str>,
}

/// A global index with one key, that holds some attributes beside the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    pub name: &'static str,
    pub partition_key: &'static str,
    pub includes: &'static [&'static str],
}

pub fn schema(names: &Tables) -> [Spec; 3] {
    let by_name = Index { name: "tenantConfigIndex", partition_key: "tenantName", includes: &["tenantConfig"] };
    [
        Spec {
            name: names.tenants.clone(),
            partition_key: "tenantId",
            sort_key: None,
            index: Some(by_name),
            ttl: None,
        },
        Spec {
            name: names.registrations.clone(),
            partition_key: "tenantRegistrationId",
            sort_key: None,
            index: None,
            ttl: None,
        },
        Spec {
            name: names.control_plane.clone(),
            partition_key: "pk",
            sort_key: Some("sk"),
            index: None,
            ttl: Some("expiresAt"),
        },
    ]
}

/// Makes the tables that are not there and waits until all can be used.
pub async fn create(client: &Client, names: &Tables) -> Result<(), Fault> {
    for spec in schema(names) {
        create_one(client, &spec).await?;
    }
    Ok(())
}

async fn create_one(client: &Client, spec: &Spec) -> Result<(), Fault> {
    let named = |what| call(what, format!("table {}", spec.name));
    let nonsense = |e: BuildError| named("dynamodb:CreateTable").nonsense(e.to_string());
    let mut request = client.create_table().table_name(&spec.name).billing_mode(BillingMode::PayPerRequest);
    let index_key = spec.index.as_ref().map(|index| index.partition_key);
    for attribute in [Some(spec.partition_key), spec.sort_key, index_key].into_iter().flatten() {
        let text = AttributeDefinition::builder().attribute_name(attribute).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(text.build().map_err(nonsense)?);
    }
    request = request.key_schema(key(spec.partition_key, KeyType::Hash).map_err(nonsense)?);
    if let Some(sort_key) = spec.sort_key {
        request = request.key_schema(key(sort_key, KeyType::Range).map_err(nonsense)?);
    }
    if let Some(index) = &spec.index {
        let attributes = index.includes.iter().map(ToString::to_string).collect();
        let includes = Projection::builder().projection_type(ProjectionType::Include);
        let index = GlobalSecondaryIndex::builder()
            .index_name(index.name)
            .key_schema(key(index.partition_key, KeyType::Hash).map_err(nonsense)?)
            .projection(includes.set_non_key_attributes(Some(attributes)).build());
        request = request.global_secondary_indexes(index.build().map_err(nonsense)?);
    }
    match request.send().await {
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {}
        other => drop(other.map_err(|e| named("dynamodb:CreateTable").fault(e))?),
    }
    until_active(client, spec).await?;
    match spec.ttl {
        Some(attribute) => expire_by(client, spec, attribute).await,
        None => Ok(()),
    }
}

fn key(attribute: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build()
}

async fn until_active(client: &Client, spec: &Spec) -> Result<(), Fault> {
    let named = || call("dynamodb:DescribeTable", format!("table {}", spec.name));
    for _ in 0..300 {
        let described = client.describe_table().table_name(&spec.name).send().await.map_err(|e| named().fault(e))?;
        if described.table().and_then(|t| t.table_status()) == Some(&TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(named().nonsense("it did not become active within a minute"))
}

/// Setting it a second time is an error, so it is looked at first.
async fn expire_by(client: &Client, spec: &Spec, attribute: &str) -> Result<(), Fault> {
    let named = |what| call(what, format!("table {}", spec.name));
    let described = client.describe_time_to_live().table_name(&spec.name).send().await;
    let described = described.map_err(|e| named("dynamodb:DescribeTimeToLive").fault(e))?;
    if described.time_to_live_description().and_then(|d| d.attribute_name()) == Some(attribute) {
        return Ok(());
    }
    let enabled = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
    let enabled = enabled.map_err(|e| named("dynamodb:UpdateTimeToLive").nonsense(e.to_string()))?;
    let sent = client.update_time_to_live().table_name(&spec.name).time_to_live_specification(enabled).send().await;
    sent.map(drop).map_err(|e| named("dynamodb:UpdateTimeToLive").fault(e))
}
