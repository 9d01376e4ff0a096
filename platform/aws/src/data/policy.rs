//! What a tenant's session may do: the meeting of the role's own permissions and this.

use serde_json::json;
use tenantry_contract::id::TenantId;

/// No Scan, which has no leading key, no batch and no index: nothing but what the table's methods need.
const ACTIONS: [&str; 5] =
    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"];

/// A session policy that ends at the tenant's items in one table.
///
/// `ForAllValues` holds of a request that names no key at all; the `Null` condition is what makes it name one.
pub fn of(tenant: &TenantId, table_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OneTenant",
            "Effect": "Allow",
            "Action": ACTIONS,
            "Resource": [table_arn],
            "Condition": {
                "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [tenant.as_str()] },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole document, written out: a change of any part of it is a decision.
    #[test]
    fn the_policy_is_exactly_this() {
        let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/prod-orders";
        let policy = of(&TenantId::parse("0199-acme").unwrap(), arn);
        let expected = r#"{"Version":"2012-10-17","Statement":[{"Sid":"OneTenant","Effect":"Allow",
            "Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:DeleteItem","dynamodb:Query"],
            "Resource":["arn:aws:dynamodb:eu-west-1:111122223333:table/prod-orders"],
            "Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["0199-acme"]},
                         "Null":{"dynamodb:LeadingKeys":"false"}}}]}"#;
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&policy), read(expected));
    }

    /// STS takes 2,048 characters.
    #[test]
    fn the_longest_names_fit() {
        let arn = format!("arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/{}", "x".repeat(255));
        assert!(of(&TenantId::parse("x".repeat(64)).unwrap(), &arn).len() < 2_048);
    }
}
