//! Quotas of an account, by the call that hits them: what to ask AWS for.

use std::fmt;

/// A quota, as Service Quotas names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Service Quotas' name of the service, such as `cognito-idp`.
    pub service: &'static str,
    pub name: &'static str,
    /// None where AWS gives no code, and support is to be asked.
    pub code: Option<&'static str>,
    pub adjustable: bool,
}

macro_rules! quotas {
    ($($id:ident = $service:literal, $name:literal, $code:expr, $adjustable:literal;)+) => {
        $(pub const $id: Quota =
            Quota { service: $service, name: $name, code: $code, adjustable: $adjustable };)+
    };
}

quotas! {
    ECS_CLUSTERS = "ecs", "Clusters per account", Some("L-21C621EB"), true;
    ECS_SERVICES = "ecs", "Services per cluster", Some("L-9EF96962"), true;
    FARGATE_VCPU = "fargate", "Fargate On-Demand vCPU resource count", Some("L-3032A538"), true;
    SECURITY_GROUPS = "vpc", "VPC security groups per Region", Some("L-E79EC296"), true;
    SECURITY_GROUP_RULES = "vpc", "Inbound or outbound rules per security group", Some("L-0EA8095F"), true;
    NETWORK_INTERFACES = "vpc", "Network interfaces per Region", Some("L-DF5E4CA3"), true;
    ROLES = "iam", "Roles per account", Some("L-FE177D64"), true;
    NAMESPACES = "servicediscovery", "Namespaces per Region", Some("L-0FE3F50E"), true;
    DISCOVERY_INSTANCES = "servicediscovery", "Instances per namespace", None, true;
    USER_POOLS = "cognito-idp", "User pools per account", Some("L-66E6DF30"), true;
    POOL_CLIENTS = "cognito-idp", "Apps per user pool", Some("L-5EAB0605"), true;
    POOL_GROUPS = "cognito-idp", "Groups per user pool", None, false;
    POOL_USERS = "cognito-idp", "Users per user pool", None, true;
    TABLES = "dynamodb", "Maximum number of tables", Some("L-F98FE922"), true;
    LOG_GROUPS = "logs", "Log groups", None, true;
}

/// Which quota a call hit that AWS refused with that code.
pub fn of(call: &str, code: &str) -> Option<Quota> {
    match code {
        "SecurityGroupLimitExceeded" => return Some(SECURITY_GROUPS),
        "RulesPerSecurityGroupLimitExceeded" => return Some(SECURITY_GROUP_RULES),
        "NetworkInterfaceLimitExceeded" => return Some(NETWORK_INTERFACES),
        _ => {}
    }
    Some(match call {
        "ecs:CreateCluster" => ECS_CLUSTERS,
        "ecs:CreateService" => ECS_SERVICES,
        "ecs:RunTask" => FARGATE_VCPU,
        "iam:CreateRole" => ROLES,
        "servicediscovery:CreatePrivateDnsNamespace" | "servicediscovery:CreateHttpNamespace" => NAMESPACES,
        "servicediscovery:CreateService" | "servicediscovery:RegisterInstance" => DISCOVERY_INSTANCES,
        "cognito-idp:CreateUserPool" => USER_POOLS,
        "cognito-idp:CreateUserPoolClient" => POOL_CLIENTS,
        "cognito-idp:CreateGroup" => POOL_GROUPS,
        "cognito-idp:AdminCreateUser" => POOL_USERS,
        "dynamodb:CreateTable" => TABLES,
        "logs:CreateLogGroup" => LOG_GROUPS,
        _ => return None,
    })
}

/// What a call hit that AWS refused with that code and those words, and what to do.
pub fn hit(call: &str, code: &str, said: &str) -> Option<String> {
    // Cognito has one code for all its limits.
    if call.starts_with("cognito-idp:") && said.to_ascii_lowercase().contains("email limit") {
        return Some(MAILS.to_owned());
    }
    of(call, code).map(|quota| quota.to_string())
}

/// No quota of Service Quotas.
const MAILS: &str = "the number of mails a day that Cognito sends by itself; let the pools send by an identity verified \
                     in SES, with the settings mail-from and mail-identity";

/// Which quota ECS means in words: in a service's events and in the reason of a stopped task.
pub fn in_words(text: &str) -> Option<Quota> {
    let text = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().all(|word| text.contains(word));
    if has(&["limit", "vcpus you can run"]) || has(&["limit on the number of tasks"]) {
        Some(FARGATE_VCPU)
    } else if has(&["networkinterfacelimitexceeded"]) || has(&["limit", "network interfaces"]) {
        Some(NETWORK_INTERFACES)
    } else {
        None
    }
}

/// What was hit and what to do.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, name, code, adjustable } = self;
        match (code, adjustable) {
            (Some(code), true) => {
                write!(f, "the quota \"{name}\" ({service} {code}); ask for an increase at Service Quotas")
            }
            (None, true) => write!(f, "the quota \"{name}\" ({service}); ask AWS for an increase"),
            (_, false) => write!(f, "the quota \"{name}\" ({service}), which AWS does not raise"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_ask_for() {
        let pools = of("cognito-idp:CreateUserPool", "LimitExceededException").unwrap();
        assert_eq!(
            pools.to_string(),
            "the quota \"User pools per account\" (cognito-idp L-66E6DF30); ask for an increase at Service Quotas"
        );
        assert_eq!(of("ec2:CreateSecurityGroup", "SecurityGroupLimitExceeded"), Some(SECURITY_GROUPS));
        assert_eq!(
            of("ec2:AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded"),
            Some(SECURITY_GROUP_RULES)
        );
        assert!(
            of("cognito-idp:CreateGroup", "LimitExceededException").unwrap().to_string().contains("does not raise")
        );
        assert_eq!(of("sqs:SendMessage", "LimitExceeded"), None);
    }

    #[test]
    fn too_many_mails_are_no_quota_of_users() {
        let said = "Exceeded daily email limit for the operation or the account.";
        let mails = hit("cognito-idp:AdminCreateUser", "LimitExceededException", said).unwrap();
        assert!(mails.contains("mail-identity") && !mails.contains("Users per user pool"), "{mails}");
        let users = hit("cognito-idp:AdminCreateUser", "LimitExceededException", "").unwrap();
        assert!(users.contains("Users per user pool"), "{users}");
    }

    #[test]
    fn reads_what_a_stopped_task_says() {
        let said = "You've reached the limit on the number of vCPUs you can run concurrently";
        assert_eq!(in_words(said), Some(FARGATE_VCPU));
        assert_eq!(in_words("CannotPullContainerError: no such image"), None);
    }
}
