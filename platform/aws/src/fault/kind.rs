//! What AWS's error codes come to.

use tenantry_ports::error::Applied;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Too many requests; nothing was done.
    Throttled,
    /// Something else is still under way there; nothing was done, and it passes.
    Contended,
    /// A quota of the account; nothing was done, and trying again does not help.
    Quota,
    /// No answer, or one that says nothing of what was done.
    Unanswered(Applied),
    /// Credentials that are missing, expired or not allowed to do this.
    Denied,
    /// The thing is not there.
    Missing,
    /// Any other answer: AWS says no.
    Refused,
}

/// Cognito has made the user, and its mail did not go out.
pub(crate) const UNDELIVERED: &str = "CodeDeliveryFailureException";

/// By code, and where a service has one code for several things by the call and the words too.
pub(super) fn kind_of(call: &str, code: &str, said: &str, status: u16) -> Kind {
    match code {
        // A transaction that lost to another one, or an item under too much load: nothing was written.
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "EC2ThrottledException"
        | "BandwidthLimitExceeded"
        | "KmsThrottled"
        | "KMSThrottlingException"
        | "ProvisionedThroughputExceededException"
        | "TransactionInProgressException"
        | "TransactionConflictException"
        | "SlowDown" => Kind::Throttled,
        "ConcurrentModification"
        | "ConcurrentModificationException"
        | "OperationAbortedException"
        | "PriorRequestNotComplete" => Kind::Contended,
        // ECS has this code for every mistake of a client, too.
        "ClientException" if said.contains("Too many concurrent attempts") => Kind::Contended,
        "LimitExceededException" if call.starts_with("dynamodb:") && !counts_tables(call, said) => Kind::Contended,
        "LimitExceededException"
        | "LimitExceeded"
        | "ServiceQuotaExceededException"
        | "QuotaExceeded"
        | "ResourceLimitExceeded"
        | "SecurityGroupLimitExceeded"
        | "RulesPerSecurityGroupLimitExceeded" => Kind::Quota,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthFailure"
        | "NotAuthorized"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "OptInRequired"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => Kind::Denied,
        "ResourceNotFoundException"
        | "NotFoundException"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "QueueDoesNotExist"
        | "AWS.SimpleQueueService.NonExistentQueue" => Kind::Missing,
        // Of a pool's triggers, some run before the user is made, some after, and the code does not say which.
        UNDELIVERED
        | "UnexpectedLambdaException"
        | "InvalidLambdaResponseException"
        | "UserLambdaValidationException" => Kind::Unanswered(Applied::Unknown),
        _ if status >= 500 => Kind::Unanswered(Applied::Unknown),
        _ if status == 429 => Kind::Throttled,
        _ => Kind::Refused,
    }
}

/// DynamoDB has one code for more tables than an account may have, and for more at once than it makes, changes or
/// removes.
fn counts_tables(call: &str, said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    call == "dynamodb:CreateTable" && !["simultaneous", "concurrent"].iter().any(|word| said.contains(word))
}

/// AWS gives every refusal a code: without one, it is somebody on the way who answers, or AWS in distress.
pub(super) fn kind_without_code(status: u16) -> Kind {
    match status {
        429 => Kind::Throttled,
        _ => Kind::Unanswered(Applied::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(call: &str, code: &str) -> Kind {
        kind_of(call, code, "", 400)
    }

    #[test]
    fn credentials_that_are_no_good_any_more_are_denied_in_every_services_words() {
        for code in [
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "IncompleteSignature",
            "AuthFailure",
        ] {
            assert_eq!(kind("ec2:CreateSecurityGroup", code), Kind::Denied, "{code}");
        }
    }

    #[test]
    fn one_too_many_is_throttled_in_every_services_words() {
        for code in ["EC2ThrottledException", "RequestThrottledException", "BandwidthLimitExceeded", "KmsThrottled"] {
            assert_eq!(kind("sqs:SendMessage", code), Kind::Throttled, "{code}");
        }
    }

    #[test]
    fn what_meets_another_change_passes() {
        assert_eq!(kind("cognito-idp:UpdateUserPool", "ConcurrentModificationException"), Kind::Contended);
        assert_eq!(kind("servicediscovery:CreateService", "PriorRequestNotComplete"), Kind::Contended);
        let said = "Too many concurrent attempts to create a new revision of the specified family.";
        assert_eq!(kind_of("ecs:RegisterTaskDefinition", "ClientException", said, 400), Kind::Contended);
        assert_eq!(kind("ecs:RegisterTaskDefinition", "ClientException"), Kind::Refused);
    }

    #[test]
    fn a_table_too_many_is_a_quota_and_tables_at_once_are_not() {
        let at_once = "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously";
        let code = "LimitExceededException";
        assert_eq!(kind_of("dynamodb:CreateTable", code, at_once, 400), Kind::Contended);
        assert_eq!(kind_of("dynamodb:DeleteTable", code, at_once, 400), Kind::Contended);
        assert_eq!(kind("dynamodb:UpdateContinuousBackups", code), Kind::Contended);
        let count = "Subscriber limit exceeded: There is a limit of 2500 tables per subscriber";
        assert_eq!(kind_of("dynamodb:CreateTable", code, count, 400), Kind::Quota);
        assert_eq!(kind("cognito-idp:CreateUserPool", code), Kind::Quota);
    }

    #[test]
    fn a_user_whose_mail_or_trigger_failed_may_have_been_made() {
        for code in [UNDELIVERED, "UnexpectedLambdaException", "InvalidLambdaResponseException"] {
            assert_eq!(kind("cognito-idp:AdminCreateUser", code), Kind::Unanswered(Applied::Unknown), "{code}");
        }
        assert_eq!(kind("cognito-idp:AdminCreateUser", "InvalidParameterException"), Kind::Refused);
    }
}
