//! A tenant's rows in a shared table: there when the tenant writes one, and removed with the tenant.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use tenantry_contract::id::TenantId;
use tenantry_ports::runtime::{RuntimeError, Step};

use super::aws::{Aws, SOON, pending};
use super::spec::TableSpec;
use crate::fault::call;

/// `BatchWriteItem` takes so many; a step removes a few such batches.
const BATCH: usize = 25;
const BATCHES: usize = 4;

pub async fn remove(aws: &Aws, spec: &TableSpec, tenant: &TenantId) -> Result<Step<()>, RuntimeError> {
    let keys = some(aws, spec, tenant).await?;
    if keys.is_empty() {
        return Ok(Step::Ready(()));
    }
    for batch in keys.chunks(BATCH) {
        delete(aws, spec, batch).await?;
    }
    // The next look finds what is left, or that nothing is.
    Ok(pending(std::time::Duration::ZERO, format!("the tenant's rows in {} are being removed", spec.name)))
}

type Key = HashMap<String, AttributeValue>;

/// Keys of some of the tenant's rows; none if there are none.
async fn some(aws: &Aws, spec: &TableSpec, tenant: &TenantId) -> Result<Vec<Key>, RuntimeError> {
    let mut request = aws
        .dynamo
        .query()
        .table_name(&spec.name)
        .key_condition_expression("#partition = :tenant")
        .expression_attribute_names("#partition", &spec.partition_key)
        .expression_attribute_values(":tenant", AttributeValue::S(tenant.as_str().to_owned()))
        .consistent_read(true)
        .limit(i32::try_from(BATCH * BATCHES).unwrap_or(i32::MAX));
    request = match &spec.sort_key {
        Some(sort) => request.projection_expression("#partition, #sort").expression_attribute_names("#sort", sort),
        None => request.projection_expression("#partition"),
    };
    match request.send().await {
        Ok(page) => Ok(page.items.unwrap_or_default()),
        // Where there is no table there are no rows.
        Err(e) if e.as_service_error().is_some_and(QueryError::is_resource_not_found_exception) => Ok(Vec::new()),
        Err(e) => Err(call("dynamodb:Query", format!("table {}", spec.name)).fault(e).into()),
    }
}

async fn delete(aws: &Aws, spec: &TableSpec, keys: &[Key]) -> Result<(), RuntimeError> {
    let of = call("dynamodb:BatchWriteItem", format!("table {}", spec.name));
    let mut requests = Vec::new();
    for key in keys {
        let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
        let delete = delete.map_err(|e| of.clone().nonsense(e.to_string()))?;
        requests.push(WriteRequest::builder().delete_request(delete).build());
    }
    let answer = aws.dynamo.batch_write_item().request_items(&spec.name, requests).send().await;
    let answer = answer.map_err(|e| of.fault(e))?;
    if answer.unprocessed_items.is_some_and(|left| left.values().any(|requests| !requests.is_empty())) {
        // The table has as much to do as it can. What was left out is found again.
        return Err(super::aws::passing(format!("the table {} is busy", spec.name), SOON));
    }
    Ok(())
}
