//! The three tables, held against how they are written down.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    KeySchemaElement, KeyType, PointInTimeRecoveryStatus, ProjectionType, TableDescription, TableStatus,
};

use super::finding::Findings;
use crate::fault::{Fault, call};
use crate::table::{Index, Spec, Tables, schema};

pub(super) async fn look(sdk: &SdkConfig, names: &Tables, findings: &mut Findings<'_>) {
    let client = Client::new(sdk);
    for spec in schema(names) {
        let what = format!("table {}", spec.name);
        match described(&client, &spec).await {
            Ok(table) => {
                let mut differences = differences(&spec, &table);
                match ttl(&client, &spec).await {
                    Ok(difference) => differences.extend(difference),
                    Err(fault) => findings.unknown(format!("expiry of {what}"), fault.to_string()),
                }
                findings.differs(&what, &differences);
                if !recoverable(&client, &spec).await {
                    let why =
                        "point-in-time recovery is off or cannot be seen; switch it on, and a mistake can be undone";
                    findings.advice(what, why);
                }
            }
            Err(fault) => findings.fault(what, &fault, &format!("make it with {}", words(&spec))),
        }
    }
}

/// How to make it.
fn words(spec: &Spec) -> String {
    let parts = [
        Some(format!("the partition key {} (text)", spec.partition_key)),
        spec.sort_key.map(|sort| format!("the sort key {sort} (text)")),
        spec.index.as_ref().map(|index| format!("the global index {} on {}", index.name, index.partition_key)),
        spec.ttl.map(|ttl| format!("time to live on {ttl}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn described(client: &Client, spec: &Spec) -> Result<TableDescription, Fault> {
    let named = || call("dynamodb:DescribeTable", format!("table {}", spec.name));
    let got = client.describe_table().table_name(&spec.name).send().await.map_err(|e| named().fault(e))?;
    got.table.ok_or_else(|| named().nonsense("the answer has no table"))
}

fn differences(spec: &Spec, table: &TableDescription) -> Vec<String> {
    let mut found = Vec::new();
    if table.table_status() != Some(&TableStatus::Active) {
        found.push("it is not active; wait until it is".to_owned());
    }
    if keys(table.key_schema()) != (Some(spec.partition_key), spec.sort_key) {
        found.push(format!("its keys are other ones; make it anew with {}", words(spec)));
    }
    if let Some(index) = &spec.index {
        let theirs = table.global_secondary_indexes().iter().find(|i| i.index_name() == Some(index.name));
        match theirs {
            None => found.push(format!("it lacks the global index {} on {}; add it", index.name, index.partition_key)),
            Some(theirs) if keys(theirs.key_schema()) != (Some(index.partition_key), None) => {
                found.push(format!("the index {} must be on {}", index.name, index.partition_key));
            }
            Some(theirs) if !projects(index, theirs.projection()) => {
                found.push(format!("the index {} must hold {}", index.name, index.includes.join(", ")));
            }
            Some(_) => {}
        }
    }
    found
}

fn keys(schema: &[KeySchemaElement]) -> (Option<&str>, Option<&str>) {
    let of = |kind: KeyType| schema.iter().find(|key| key.key_type() == &kind).map(KeySchemaElement::attribute_name);
    (of(KeyType::Hash), of(KeyType::Range))
}

fn projects(index: &Index, projection: Option<&aws_sdk_dynamodb::types::Projection>) -> bool {
    let Some(projection) = projection else { return false };
    let includes = |name: &&str| projection.non_key_attributes().iter().any(|theirs| theirs == name);
    projection.projection_type() == Some(&ProjectionType::All) || index.includes.iter().all(includes)
}

async fn ttl(client: &Client, spec: &Spec) -> Result<Option<String>, Fault> {
    let Some(wanted) = spec.ttl else { return Ok(None) };
    let described = client.describe_time_to_live().table_name(&spec.name).send().await;
    let named = call("dynamodb:DescribeTimeToLive", format!("table {}", spec.name));
    let described = described.map_err(|e| named.fault(e))?.time_to_live_description;
    let set = described.as_ref().and_then(|ttl| ttl.attribute_name());
    Ok((set != Some(wanted)).then(|| format!("nothing in it expires; switch time to live on for {wanted}")))
}

async fn recoverable(client: &Client, spec: &Spec) -> bool {
    let described = client.describe_continuous_backups().table_name(&spec.name).send().await;
    let backups = described.ok().and_then(|described| described.continuous_backups_description);
    let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description);
    recovery.and_then(|r| r.point_in_time_recovery_status) == Some(PointInTimeRecoveryStatus::Enabled)
}
