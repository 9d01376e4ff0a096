//! Which of AWS's buckets a call is taken from, as AWS's documentation has it: written down a second time, so that the
//! adapter cannot be wrong by its own measure.

use tenantry_aws::limits::Family;

/// None for what no bucket of an account holds back: items, messages.
pub fn family(service: &str, operation: &str) -> Option<Family> {
    use Family as F;
    Some(match (service, operation) {
        ("ecs", "CreateService" | "UpdateService" | "DeleteService") => F::EcsServices,
        ("ecs", "DescribeServices" | "ListServices") => F::EcsServiceReads,
        ("ecs", "RegisterTaskDefinition" | "DeregisterTaskDefinition") => F::EcsTaskDefinitions,
        ("ecs", "DescribeTaskDefinition" | "ListTaskDefinitions") => F::EcsTaskDefinitionReads,
        ("ecs", "DeleteTaskDefinitions") => F::EcsTaskDefinitionDeletions,
        ("ecs", "CreateCluster" | "UpdateCluster" | "DeleteCluster" | "PutClusterCapacityProviders") => F::EcsClusters,
        ("ecs", "DescribeClusters" | "ListClusters") => F::EcsClusterReads,
        ("ecs", "DescribeTasks" | "ListTasks") => F::EcsTaskReads,
        ("ecs", "TagResource" | "UntagResource") => F::EcsTags,
        ("ecs", "ListTagsForResource") => F::EcsTagReads,
        ("ec2", name) if name.starts_with("Describe") => F::Ec2Reads,
        ("ec2", _) => F::Ec2Changes,
        ("iam", name) if name.starts_with("Get") || name.starts_with("List") => F::IamReads,
        ("iam", _) => F::IamChanges,
        ("servicediscovery", name) if name.starts_with("Get") || name.starts_with("List") => F::CloudMapReads,
        ("servicediscovery", _) => F::CloudMapChanges,
        ("logs", "CreateLogGroup" | "DeleteLogGroup" | "PutRetentionPolicy" | "TagResource") => F::LogChanges,
        ("logs", "DescribeLogGroups" | "ListTagsForResource") => F::LogReads,
        ("dynamodb", "CreateTable" | "UpdateTable" | "DeleteTable" | "UpdateContinuousBackups" | "TagResource") => {
            F::TableChanges
        }
        ("dynamodb", "DescribeTable" | "ListTables" | "ListTagsOfResource") => F::TableReads,
        ("dynamodb", "DescribeContinuousBackups") => F::TableBackupReads,
        ("dynamodb", _) => return None,
        ("cognito-idp", name) => cognito(name),
        _ => panic!("which bucket is {service}:{operation} taken from?"),
    })
}

/// See <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>.
fn cognito(operation: &str) -> Family {
    use Family as F;
    match operation {
        "AdminCreateUser" => F::CognitoUserCreation,
        "AdminGetUser" => F::CognitoUserRead,
        "AdminUpdateUserAttributes" | "AdminDeleteUser" | "AdminAddUserToGroup" => F::CognitoUserUpdate,
        "DescribeUserPool" | "ListUserPools" => F::CognitoPoolRead,
        "CreateUserPool" | "UpdateUserPool" | "DeleteUserPool" => F::CognitoPoolUpdate,
        "DescribeUserPoolDomain" | "ListTagsForResource" => F::CognitoPoolResourceRead,
        "CreateUserPoolDomain" | "DeleteUserPoolDomain" | "TagResource" => F::CognitoPoolResourceUpdate,
        "DescribeUserPoolClient" | "ListUserPoolClients" => F::CognitoClientRead,
        "CreateUserPoolClient" | "UpdateUserPoolClient" | "DeleteUserPoolClient" => F::CognitoClientUpdate,
        _ => panic!("which bucket is cognito-idp:{operation} taken from?"),
    }
}
