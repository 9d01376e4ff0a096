//! What an owner's roles may do, and who may take them on.

use serde_json::{Value, json};
use tenantry_contract::resource::Owner;

use super::place::Place;
use super::spec::RoleSpec;
use crate::identity::{leading_keys, own_pool_keys, shared_keys};

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

/// Who is a user of the tenant is written down in the control plane's table. Which pool is whose is, too, but under
/// other keys: a role that could write those could take on another tenant's pool.
const LIST: [&str; 6] = [
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:Query",
];

/// Tasks of ECS in our account, or the one role that the spec names.
pub fn trust(place: &Place, spec: &RoleSpec) -> Value {
    let Place { partition, region, account, .. } = place;
    if let Some(role) = &spec.taken_on_by {
        // A principal that is named must exist, and is forgotten when it is made anew. A condition names the same role
        // for good.
        return json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
                "Action": "sts:AssumeRole",
                "Condition": { "ArnEquals": { "aws:PrincipalArn": role } },
            }],
        });
    }
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

/// The owner's own tables, a tenant's rows in shared ones, the users of its pool, the role to take on. None where there
/// is nothing of these.
pub fn inline(place: &Place, owner: &Owner, spec: &RoleSpec, pool: Option<&str>) -> Option<Value> {
    let Place { partition, region, account, .. } = place;
    let mut statements = Vec::new();
    if !spec.own_tables.is_empty() {
        statements.push(json!({ "Sid": "OwnTables", "Effect": "Allow", "Action": ROWS, "Resource": spec.own_tables }));
    }
    if let (Owner::Tenant(tenant), false) = (owner, spec.shared_tables.is_empty()) {
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
        let table = format!("arn:{partition}:dynamodb:{region}:{account}:table/{}", place.users_table);
        let (users, pools) = match owner {
            Owner::Tenant(tenant) => (leading_keys(tenant, pool), own_pool_keys(tenant)),
            Owner::Stage => shared_keys(pool),
        };
        statements.push(json!({
            "Sid": "ListOfOwnUsers",
            "Effect": "Allow",
            "Action": LIST,
            "Resource": [table],
            "Condition": {
                "ForAllValues:StringLike": { "dynamodb:LeadingKeys": users },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }));
        statements.push(json!({
            "Sid": "WhichPoolIsOwn",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": [table],
            "Condition": {
                "ForAllValues:StringLike": { "dynamodb:LeadingKeys": pools },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }));
    }
    if let Some(role) = &spec.takes_on {
        statements.push(
            json!({ "Sid": "OneTenantsRows", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [role] }),
        );
    }
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

#[cfg(test)]
mod tests {
    use tenantry_contract::id::TenantId;
    use tenantry_contract::want::Whose;

    use super::super::lower::tests::place;
    use super::*;

    fn role(users_of: Option<Whose>) -> RoleSpec {
        RoleSpec {
            name: "prod-t-1".into(),
            path: "/tenantry/prod/".into(),
            boundary: None,
            own_tables: vec!["arn:own".into()],
            shared_tables: vec!["arn:shared".into()],
            users_of,
            taken_on_by: None,
            takes_on: None,
        }
    }

    fn texts(value: &Value) -> Vec<&str> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// As IAM matches a pattern that ends with a star or has none.
    fn matches(pattern: &str, key: &str) -> bool {
        pattern.strip_suffix('*').map_or(pattern == key, |prefix| key.starts_with(prefix))
    }

    #[test]
    fn a_tenants_role_writes_its_users_and_never_whose_a_pool_is() {
        let tenant = Owner::Tenant(TenantId::parse("t-1").unwrap());
        let spec = role(Some(Whose::Own));
        let policy = inline(&place(), &tenant, &spec, Some("eu-west-1_own")).unwrap();
        let may = |action: &str, key: &str| {
            policy["Statement"].as_array().unwrap().iter().any(|statement| {
                let table = texts(&statement["Resource"]).iter().any(|arn| arn.ends_with("table/prod-ControlPlane"));
                let condition = &statement["Condition"];
                assert!(!table || condition["Null"]["dynamodb:LeadingKeys"] == "false", "{statement}");
                let keys = ["ForAllValues:StringLike", "ForAllValues:StringEquals"];
                let keys = keys.map(|operator| texts(&condition[operator]["dynamodb:LeadingKeys"])).concat();
                table && texts(&statement["Action"]).contains(&action) && keys.iter().any(|p| matches(p, key))
            })
        };
        for action in ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"] {
            assert!(may(action, "users#t-1") && may(action, "login#eu-west-1_own#ada@example.com"), "{action}");
            for key in ["own-pool#t-1", "own-pool#t-2", "pool#eu-west-1_own", "pool#eu-west-1_other"] {
                assert!(!may(action, key), "{action} of {key}");
            }
            for key in ["users#t-2", "users#t-10", "login#eu-west-1_other#ada@example.com", "tenant#t-1"] {
                assert!(!may(action, key), "{action} of {key}");
            }
        }
        assert!(may("dynamodb:GetItem", "own-pool#t-1") && !may("dynamodb:GetItem", "own-pool#t-2"));
        assert!(!may("dynamodb:Query", "own-pool#t-1"));
    }

    #[test]
    fn the_stages_tasks_reach_rows_only_by_a_role_that_they_alone_take_on() {
        let (tasks, rows) = ("arn:aws:iam::1:role/tasks".to_owned(), "arn:aws:iam::1:role/rows".to_owned());
        let spec = RoleSpec { own_tables: vec![], takes_on: Some(rows.clone()), ..role(Some(Whose::Shared)) };
        let policy = inline(&place(), &Owner::Stage, &spec, Some("eu-west-1_pooled")).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let ids: Vec<_> = statements.iter().map(|statement| statement["Sid"].as_str().unwrap()).collect();
        assert_eq!(ids, ["OwnUsers", "ListOfOwnUsers", "WhichPoolIsOwn", "OneTenantsRows"]);
        assert_eq!(texts(&statements[3]["Resource"]), [rows.as_str()]);
        let spec = RoleSpec { taken_on_by: Some(tasks.clone()), ..role(None) };
        let trust = trust(&place(), &spec).to_string();
        assert!(trust.contains(&format!(r#""aws:PrincipalArn":"{tasks}""#)) && !trust.contains("ecs-tasks"), "{trust}");
    }

    #[test]
    fn without_users_to_manage_a_role_has_no_key_to_the_control_planes_table() {
        let tenant = Owner::Tenant(TenantId::parse("t-1").unwrap());
        let policy = inline(&place(), &tenant, &role(None), None).unwrap().to_string();
        assert!(!policy.contains("prod-ControlPlane") && policy.contains("arn:own"), "{policy}");
    }
}
