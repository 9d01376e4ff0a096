//! What each role does on AWS: the actions of IAM that its policy has to allow, and on what.

/// A role, as AWS sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    ControlPlane,
    Provisioner,
    Gateway,
}

impl Actor {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Provisioner => "provisioner",
            Self::Gateway => "gateway",
        }
    }
}

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Tables,
    Bus,
    ControlPlaneQueue,
    ProvisionerQueue,
    AdminPool,
    PooledPool,
    /// Things of tenants that are not there yet, and lists.
    Tenants,
}

use Actor::{ControlPlane, Gateway, Provisioner};

const EVERY: &[Actor] = &[ControlPlane, Provisioner, Gateway];
const WRITING: &[Actor] = &[ControlPlane, Provisioner];
const PLACING: &[Actor] = &[Provisioner];

pub struct Needed {
    pub actors: &'static [Actor],
    pub on: On,
    pub actions: &'static [&'static str],
}

/// `TransactWriteItems` and the batches of SQS are allowed by the actions of their parts.
pub const NEEDED: &[Needed] = &[
    Needed {
        actors: EVERY,
        on: On::Tables,
        actions: &[
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
    },
    Needed { actors: WRITING, on: On::Bus, actions: &["events:DescribeEventBus", "events:PutEvents"] },
    Needed { actors: &[ControlPlane], on: On::ControlPlaneQueue, actions: QUEUE },
    Needed { actors: PLACING, on: On::ProvisionerQueue, actions: QUEUE },
    Needed {
        actors: &[ControlPlane],
        on: On::AdminPool,
        actions: &[
            "cognito-idp:AdminAddUserToGroup",
            "cognito-idp:AdminCreateUser",
            "cognito-idp:AdminDeleteUser",
            "cognito-idp:AdminDisableUser",
            "cognito-idp:AdminEnableUser",
            "cognito-idp:AdminGetUser",
            "cognito-idp:AdminListGroupsForUser",
            "cognito-idp:AdminRemoveUserFromGroup",
            "cognito-idp:AdminUpdateUserAttributes",
            "cognito-idp:ListUsers",
            "cognito-idp:ListUsersInGroup",
        ],
    },
    Needed {
        actors: PLACING,
        on: On::PooledPool,
        actions: &[
            "cognito-idp:AdminCreateUser",
            "cognito-idp:AdminDeleteUser",
            "cognito-idp:AdminDisableUser",
            "cognito-idp:AdminEnableUser",
            "cognito-idp:AdminGetUser",
            "cognito-idp:AdminUpdateUserAttributes",
            "cognito-idp:DescribeUserPool",
        ],
    },
    Needed {
        actors: PLACING,
        on: On::Tenants,
        actions: &[
            "cognito-idp:AddCustomAttributes",
            "cognito-idp:CreateUserPool",
            "cognito-idp:CreateUserPoolClient",
            "cognito-idp:CreateUserPoolDomain",
            "cognito-idp:DeleteUserPool",
            "cognito-idp:DeleteUserPoolClient",
            "cognito-idp:DeleteUserPoolDomain",
            "cognito-idp:DescribeUserPoolClient",
            "cognito-idp:ListUserPoolClients",
            "cognito-idp:ListUserPools",
            "cognito-idp:UpdateUserPool",
            "cognito-idp:UpdateUserPoolClient",
            "dynamodb:CreateTable",
            "dynamodb:DeleteTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeTable",
            "dynamodb:ListTables",
            "dynamodb:ListTagsOfResource",
            "dynamodb:TagResource",
            "dynamodb:UpdateContinuousBackups",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DeleteSecurityGroup",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:RevokeSecurityGroupIngress",
            "ecs:CreateCluster",
            "ecs:CreateService",
            "ecs:DeleteCluster",
            "ecs:DeleteService",
            "ecs:DeleteTaskDefinitions",
            "ecs:DeregisterTaskDefinition",
            "ecs:DescribeClusters",
            "ecs:DescribeServices",
            "ecs:DescribeTaskDefinition",
            "ecs:DescribeTasks",
            "ecs:ListClusters",
            "ecs:ListServices",
            "ecs:ListTaskDefinitions",
            "ecs:ListTasks",
            "ecs:RegisterTaskDefinition",
            "ecs:TagResource",
            "ecs:UpdateService",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:ListRoles",
            "iam:PassRole",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UpdateAssumeRolePolicy",
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:DescribeLogGroups",
            "logs:ListTagsForResource",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "servicediscovery:CreateService",
            "servicediscovery:DeleteService",
            "servicediscovery:DeregisterInstance",
            "servicediscovery:GetService",
            "servicediscovery:ListInstances",
            "servicediscovery:ListServices",
            "servicediscovery:TagResource",
        ],
    },
    Needed { actors: &[Provisioner, Gateway], on: On::Tenants, actions: &["servicediscovery:GetNamespace"] },
];

const QUEUE: &[&str] =
    &["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Calls by which a stack, a test or an operator's command does its work, and no role.
    const NO_ROLES: [&str; 17] = [
        "cognito-idp:CreateGroup",
        "cognito-idp:CreateResourceServer",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:Scan",
        "dynamodb:UpdateTimeToLive",
        "events:CreateEventBus",
        "events:PutRule",
        "events:PutTargets",
        // By ECS for us, and named among the quotas it hits.
        "ecs:RunTask",
        "servicediscovery:CreateHttpNamespace",
        "servicediscovery:CreatePrivateDnsNamespace",
        "servicediscovery:RegisterInstance",
        // With `resolver = cloud-map` only, where DNS does not resolve.
        "servicediscovery:DiscoverInstances",
        "sqs:CreateQueue",
        "sqs:GetQueueAttributes",
        "sqs:SetQueueAttributes",
        // Everybody may.
        "sts:GetCallerIdentity",
    ];

    /// What a call needs that goes by another name in IAM.
    fn action(call: &str) -> &str {
        match call {
            "sqs:DeleteMessageBatch" => "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibilityBatch" => "sqs:ChangeMessageVisibility",
            // Its parts' actions.
            "dynamodb:TransactWriteItems" => "dynamodb:PutItem",
            other => other,
        }
    }

    fn files(below: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }

    /// The names of calls that the code gives its errors.
    fn called() -> BTreeSet<String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut all = Vec::new();
        files(&source, &mut all);
        let mut calls = BTreeSet::new();
        // What services are given is for their own roles; see `tenancy`.
        let others = ["check", "check.rs", "policy.rs", "data", "data.rs"];
        for path in all {
            let below = path.strip_prefix(&source).unwrap();
            if below.components().any(|part| others.contains(&part.as_os_str().to_str().unwrap())) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for quoted in text.split('"').skip(1).step_by(1) {
                if let Some((service, operation)) = quoted.split_once(':') {
                    let known = [
                        "cognito-idp",
                        "dynamodb",
                        "ec2",
                        "ecs",
                        "events",
                        "iam",
                        "logs",
                        "servicediscovery",
                        "sqs",
                        "sts",
                    ];
                    let operation = operation.chars().all(|c| c.is_ascii_alphanumeric())
                        && operation.starts_with(|c: char| c.is_ascii_uppercase());
                    if known.contains(&service) && operation && quoted != "dynamodb:LeadingKeys" {
                        calls.insert(quoted.to_owned());
                    }
                }
            }
        }
        calls
    }

    #[test]
    fn what_the_code_calls_is_what_is_needed() {
        let needed: BTreeSet<&str> = NEEDED.iter().flat_map(|needed| needed.actions).copied().collect();
        let called = called();
        assert!(called.len() > 60, "the calls are found: {called:?}");
        let unlisted: Vec<_> =
            called.iter().filter(|call| !needed.contains(action(call)) && !NO_ROLES.contains(&call.as_str())).collect();
        assert!(unlisted.is_empty(), "the code calls these, and no role is said to need them: {unlisted:?}");
        // Actions that come with another call: its tags, the role it gives on, the other parts of a transaction.
        let besides = |action: &&&str| {
            let name = action.split_once(':').unwrap().1;
            !["TagResource", "TagRole", "CreateTags", "PassRole", "ConditionCheckItem", "DeleteItem"].contains(&name)
        };
        let called: BTreeSet<&str> = called.iter().map(|call| action(call)).collect();
        let unused: Vec<_> = needed.iter().filter(besides).filter(|action| !called.contains(*action)).collect();
        assert!(unused.is_empty(), "no code calls these: {unused:?}");
    }
}
