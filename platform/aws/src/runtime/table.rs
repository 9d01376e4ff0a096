//! A table: a tenant's own, or one that tenants share.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    PointInTimeRecoveryStatus, ScalarAttributeType, TableDescription, TableStatus, Tag,
};
use tenantry_contract::resource::{Outputs, Owner, ResourceId};
use tenantry_ports::runtime::{Condition, RuntimeError, Step, Tagged};

use super::aws::{Aws, LATER, Thing, pending};
use super::names;
use super::spec::{self, Kind, TableSpec};
use super::tags;
use crate::fault::call;
use crate::limits::Family;

pub async fn ensure(aws: &Aws, thing: Thing<'_>) -> Result<Step<Outputs>, RuntimeError> {
    let spec: TableSpec = spec::read(thing.resource)?;
    let name = &spec.name;
    let Some(table) = find(aws, name).await? else {
        create(aws, thing, &spec).await?;
        return Ok(pending(LATER, format!("the table {name} is being made")));
    };
    match table.table_status() {
        // Updating is what a table does while it serves.
        Some(TableStatus::Active | TableStatus::Updating) => {}
        other => return Ok(pending(LATER, format!("the table {name} is {}", word(other)))),
    }
    let there = keys(&table);
    if there != wanted_keys(&spec) {
        return Err(RuntimeError::permanent(format!(
            "the table {name} has the keys {} and the catalogue says {}; a table that holds data is not replaced: \
             give the catalogue's table another name, or move the data",
            there.join(", "),
            wanted_keys(&spec).join(", "),
        )));
    }
    if spec.recovery && !recovers(aws, name).await? {
        return enable_recovery(aws, name).await;
    }
    Ok(Step::Ready(Outputs::new()))
}

async fn create(aws: &Aws, thing: Thing<'_>, spec: &TableSpec) -> Result<(), RuntimeError> {
    let of = call("dynamodb:CreateTable", format!("table {}", spec.name));
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let attribute = |name: &String| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    let mut request = aws.dynamo.create_table().table_name(&spec.name).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [(Some(&spec.partition_key), KeyType::Hash), (spec.sort_key.as_ref(), KeyType::Range)] {
        let Some(name) = name else { continue };
        let built = key(name, kind).and_then(|key| Ok((key, attribute(name)?)));
        let (key, attribute) = built.map_err(|e| of.clone().nonsense(e.to_string()))?;
        request = request.key_schema(key).attribute_definitions(attribute);
    }
    for (key, value) in thing.tags(&aws.place).pairs() {
        let tag = Tag::builder().key(key).value(value).build();
        request = request.tags(tag.map_err(|e| of.clone().nonsense(e.to_string()))?);
    }
    aws.limits.take(Family::TableChanges).await?;
    match request.send().await {
        // It was made meanwhile; the next look tells.
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::create_table::CreateTableError::is_resource_in_use_exception,
            ) =>
        {
            Ok(())
        }
        made => made.map(drop).map_err(|e| of.fault(e).into()),
    }
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let spec: TableSpec = spec::read(thing.resource)?;
    let name = &spec.name;
    Ok(match find(aws, name).await? {
        None => Condition::Drifted(format!("the table {name} is not there")),
        Some(table) => match table.table_status() {
            Some(TableStatus::Active | TableStatus::Updating) if keys(&table) == wanted_keys(&spec) => Condition::Sound,
            Some(TableStatus::Active | TableStatus::Updating) => {
                Condition::Drifted(format!("the table {name} has other keys"))
            }
            other => Condition::Drifted(format!("the table {name} is {}", word(other))),
        },
    })
}

pub async fn remove(aws: &Aws, name: &str) -> Result<Step<()>, RuntimeError> {
    let Some(table) = find(aws, name).await? else { return Ok(Step::Ready(())) };
    let going = || pending(LATER, format!("the table {name} is being deleted"));
    match table.table_status() {
        Some(TableStatus::Deleting) => return Ok(going()),
        Some(TableStatus::Creating) => return Ok(pending(LATER, format!("the table {name} is still being made"))),
        _ => {}
    }
    aws.limits.take(Family::TableChanges).await?;
    match aws.dynamo.delete_table().table_name(name).send().await {
        Ok(_) => Ok(going()),
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::delete_table::DeleteTableError::is_resource_not_found_exception,
            ) =>
        {
            Ok(Step::Ready(()))
        }
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::delete_table::DeleteTableError::is_resource_in_use_exception,
            ) =>
        {
            Ok(pending(LATER, format!("the table {name} is being changed")))
        }
        Err(e) => Err(call("dynamodb:DeleteTable", format!("table {name}")).fault(e).into()),
    }
}

/// A stray one, found by its name: only with our tags too, as what is in it is lost.
pub async fn discard(aws: &Aws, name: &str) -> Result<Step<()>, RuntimeError> {
    let Some(arn) = find(aws, name).await?.and_then(|table| table.table_arn) else { return Ok(Step::Ready(())) };
    aws.limits.take(Family::TableReads).await?;
    let answer = aws.dynamo.list_tags_of_resource().resource_arn(arn).send().await;
    let answer = answer.map_err(|e| call("dynamodb:ListTagsOfResource", format!("table {name}")).fault(e))?;
    let pairs = answer.tags().iter().map(|tag| (tag.key(), tag.value()));
    if tags::read(&aws.place.stage, pairs).is_none() {
        return Err(RuntimeError::permanent(format!(
            "the table {name} is named as one of ours and does not carry our tags, so it is left alone"
        )));
    }
    remove(aws, name).await
}

pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::TableReads).await?;
        let page = aws.dynamo.list_tables().set_exclusive_start_table_name(from.take()).send().await;
        let page = page.map_err(|e| call("dynamodb:ListTables", "the region").fault(e))?;
        found.extend(page.table_names.unwrap_or_default().into_iter().filter_map(|native| {
            let (tenant, stem) = names::table_of(&aws.place.stage, &native)?;
            let kind = Kind::Table.as_str().to_owned();
            Some(Tagged { owner: Owner::Tenant(tenant), resource: ResourceId::new("table", &stem), kind, native })
        }));
        from = page.last_evaluated_table_name;
        if from.is_none() {
            return Ok(found);
        }
    }
}

async fn find(aws: &Aws, name: &str) -> Result<Option<TableDescription>, RuntimeError> {
    aws.limits.take(Family::TableReads).await?;
    match aws.dynamo.describe_table().table_name(name).send().await {
        Ok(answer) => Ok(answer.table),
        Err(e) if e.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) => Ok(None),
        Err(e) => Err(call("dynamodb:DescribeTable", format!("table {name}")).fault(e).into()),
    }
}

async fn recovers(aws: &Aws, name: &str) -> Result<bool, RuntimeError> {
    aws.limits.take(Family::TableBackupReads).await?;
    let answer = aws.dynamo.describe_continuous_backups().table_name(name).send().await;
    let answer = answer.map_err(|e| call("dynamodb:DescribeContinuousBackups", format!("table {name}")).fault(e))?;
    let backups = answer.continuous_backups_description;
    let recovery = backups.and_then(|b| b.point_in_time_recovery_description?.point_in_time_recovery_status);
    Ok(recovery == Some(PointInTimeRecoveryStatus::Enabled))
}

async fn enable_recovery(aws: &Aws, name: &str) -> Result<Step<Outputs>, RuntimeError> {
    let of = || call("dynamodb:UpdateContinuousBackups", format!("table {name}"));
    let on = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let on = on.map_err(|e| of().nonsense(e.to_string()))?;
    aws.limits.take(Family::TableChanges).await?;
    let request = aws.dynamo.update_continuous_backups().table_name(name).point_in_time_recovery_specification(on);
    match request.send().await {
        Ok(_) => Ok(Step::Ready(Outputs::new())),
        // Just after a table is made.
        Err(e) if e.as_service_error().is_some_and(aws_sdk_dynamodb::operation::update_continuous_backups::UpdateContinuousBackupsError::is_continuous_backups_unavailable_exception) => {
            Ok(pending(LATER, format!("the table {name} is not ready for backups yet")))
        }
        Err(e) => Err(RuntimeError::from(of().fault(e))),
    }
}

fn keys(table: &TableDescription) -> Vec<String> {
    let name = |kind: &KeyType| table.key_schema().iter().find(|key| key.key_type() == kind);
    [KeyType::Hash, KeyType::Range]
        .iter()
        .filter_map(|kind| name(kind).map(|key| key.attribute_name().to_owned()))
        .collect()
}

fn wanted_keys(spec: &TableSpec) -> Vec<String> {
    std::iter::once(&spec.partition_key).chain(&spec.sort_key).cloned().collect()
}

fn word(status: Option<&TableStatus>) -> &str {
    status.map_or("in no known state", TableStatus::as_str)
}
