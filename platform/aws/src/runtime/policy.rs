//! What a tenant's role may do, and who may take it on.

use serde_json::{Value, json};
use tenantry_contract::id::TenantId;

use super::place::Place;
use super::spec::RoleSpec;
use crate::identity::leading_keys;

/// No Scan: a tenant reads by its key.
const ROWS: [&str; 5] =
    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"];

const USERS: [&str; 9] = [
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDeleteUser",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:ListUsers",
];

/// Who is a user of the tenant is written down in the control plane's table.
const LIST: [&str; 6] = [
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:Query",
];

/// Tasks of ECS in our account.
pub fn trust(place: &Place) -> Value {
    let Place { partition, region, account, .. } = place;
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "ecs-tasks.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": account },
                "ArnLike": { "aws:SourceArn": format!("arn:{partition}:ecs:{region}:{account}:*") },
            },
        }],
    })
}

/// The tenant's own tables, its rows in shared ones, the users of its own pool. None where there is nothing of these.
pub fn tenant(place: &Place, tenant: &TenantId, spec: &RoleSpec, pool: Option<&str>) -> Option<Value> {
    let Place { partition, region, account, .. } = place;
    let mut statements = Vec::new();
    if !spec.own_tables.is_empty() {
        statements.push(json!({ "Sid": "OwnTables", "Effect": "Allow", "Action": ROWS, "Resource": spec.own_tables }));
    }
    if !spec.shared_tables.is_empty() {
        statements.push(json!({
            "Sid": "RowsInSharedTables",
            "Effect": "Allow",
            "Action": ROWS,
            "Resource": spec.shared_tables,
            "Condition": {
                "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [tenant] },
                // ForAllValues holds for a request without any key, too.
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }));
    }
    if let (Some(_), Some(pool)) = (spec.users_of, pool) {
        let pool_arn = format!("arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool}");
        statements.push(json!({ "Sid": "OwnUsers", "Effect": "Allow", "Action": USERS, "Resource": [pool_arn] }));
        statements.push(json!({
            "Sid": "ListOfOwnUsers",
            "Effect": "Allow",
            "Action": LIST,
            "Resource": [format!("arn:{partition}:dynamodb:{region}:{account}:table/{}", place.users_table)],
            "Condition": {
                "ForAllValues:StringLike": { "dynamodb:LeadingKeys": leading_keys(tenant, pool) },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }));
    }
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}
