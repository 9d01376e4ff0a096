//! Which calls AWS counts together, and how many of them it takes.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// What AWS allows of a family in an account and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub per_second: u32,
    /// Whether AWS documents it, or it is a guess on the careful side.
    pub documented: bool,
}

/// What we allow ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) burst: u32,
    pub(crate) every: Duration,
}

impl Rate {
    /// The part of one of so many processes, and of the sustained rate only nine tenths: the SDK repeats calls
    /// that failed without asking us.
    pub(super) fn ours(self, processes: NonZeroU32) -> Pace {
        let burst = (self.burst / processes).max(1);
        let tenth_of_a_second = Duration::from_secs(1) / (self.per_second * 9);
        Pace { burst, every: tenth_of_a_second * 10 * processes.get() }
    }
}

macro_rules! families {
    ($($(#[$doc:meta])* $name:ident: $words:literal, $burst:literal, $per_second:literal, $documented:literal;)+) => {
        /// Calls that AWS counts together.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Family { $($(#[$doc])* $name,)+ }

        impl Family {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What AWS allows.
            pub const fn rate(self) -> Rate {
                match self {
                    $(Self::$name => Rate { burst: $burst, per_second: $per_second, documented: $documented },)+
                }
            }

            const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

families! {
    /// `CreateService`, `UpdateService`, `DeleteService`.
    EcsServices: "ECS service changes", 50, 5, true;
    /// `DescribeServices`, `ListServices`.
    EcsServiceReads: "ECS service reads", 100, 20, true;
    /// `RegisterTaskDefinition`, `DeregisterTaskDefinition`.
    EcsTaskDefinitions: "ECS task definition changes", 20, 1, true;
    /// `DescribeTaskDefinition`, `ListTaskDefinitions`.
    EcsTaskDefinitionReads: "ECS task definition reads", 50, 20, true;
    /// `DeleteTaskDefinitions`.
    EcsTaskDefinitionDeletions: "ECS task definition deletions", 5, 1, true;
    /// `CreateCluster`, `UpdateCluster`, `DeleteCluster`, `PutClusterCapacityProviders`.
    EcsClusters: "ECS cluster changes", 20, 1, true;
    /// `DescribeClusters`, `ListClusters`.
    EcsClusterReads: "ECS cluster reads", 50, 20, true;
    /// `DescribeTasks`, `ListTasks`.
    EcsTaskReads: "ECS task reads", 100, 20, true;
    /// `TagResource`, `UntagResource`.
    EcsTags: "ECS tag changes", 20, 10, true;
    /// `ListTagsForResource`.
    EcsTagReads: "ECS tag reads", 50, 20, true;
    /// Security groups, their rules, tags.
    Ec2Changes: "EC2 changes", 50, 5, true;
    /// `DescribeSecurityGroups`, `DescribeNetworkInterfaces` and the like, with filters and pages.
    Ec2Reads: "EC2 reads", 100, 20, true;
    /// Roles and their policies.
    IamChanges: "IAM changes", 15, 5, false;
    IamReads: "IAM reads", 30, 10, false;
    /// Discovery services and their instances. Behind a DNS namespace is Route 53, with five changes a second.
    CloudMapChanges: "Cloud Map changes", 10, 5, false;
    CloudMapReads: "Cloud Map reads", 20, 10, false;
    /// `CreateLogGroup`, `PutRetentionPolicy`, `DeleteLogGroup`.
    LogChanges: "log group changes", 10, 10, true;
    LogReads: "log group reads", 10, 10, true;
    /// `CreateTable`, `UpdateTable`, `DeleteTable`.
    TableChanges: "DynamoDB table changes", 20, 10, false;
    TableReads: "DynamoDB table reads", 50, 20, false;
    /// `DescribeContinuousBackups`.
    TableBackupReads: "DynamoDB reads of tables' backups", 10, 10, true;
    /// `AdminCreateUser`.
    CognitoUserCreation: "Cognito user creation", 50, 50, true;
    /// `AdminGetUser`.
    CognitoUserRead: "Cognito user reads", 120, 120, true;
    /// `AdminUpdateUserAttributes`, `AdminEnableUser`, `AdminDisableUser`, `AdminDeleteUser`, users in and out of groups.
    CognitoUserUpdate: "Cognito user updates", 25, 25, true;
    /// `AdminListGroupsForUser`.
    CognitoUserResourceRead: "Cognito reads of users' groups", 50, 50, true;
    /// `AdminSetUserPassword`, and a challenge answered with a new password.
    CognitoUserAccountRecovery: "Cognito password changes", 30, 30, true;
    /// `ListUsers`.
    CognitoUserList: "Cognito lists of users", 30, 30, true;
    /// `DescribeUserPool`, `ListUserPools`.
    CognitoPoolRead: "Cognito pool reads", 15, 15, true;
    /// `CreateUserPool`, `UpdateUserPool`, `DeleteUserPool`.
    CognitoPoolUpdate: "Cognito pool changes", 15, 15, true;
    /// `DescribeUserPoolDomain`, `ListGroups`, `GetGroup`, `ListTagsForResource`.
    CognitoPoolResourceRead: "Cognito reads in pools", 20, 20, true;
    /// Domains, groups, resource servers, tags.
    CognitoPoolResourceUpdate: "Cognito changes in pools", 15, 15, true;
    /// `DescribeUserPoolClient`, `ListUserPoolClients`.
    CognitoClientRead: "Cognito client reads", 15, 15, true;
    /// `CreateUserPoolClient`, `UpdateUserPoolClient`, `DeleteUserPoolClient`.
    CognitoClientUpdate: "Cognito client changes", 15, 15, true;
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_together_stay_below_what_aws_allows() {
        for family in Family::ALL {
            let rate = family.rate();
            for processes in 1..=4 {
                let ours = rate.ours(NonZeroU32::new(processes).unwrap());
                let all = f64::from(processes) / ours.every.as_secs_f64();
                assert!(all < f64::from(rate.per_second) && all > 0.8 * f64::from(rate.per_second), "{family}: {all}");
                assert!(ours.burst * processes <= rate.burst, "{family}");
            }
        }
    }
}
