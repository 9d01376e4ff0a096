//! Removing a role: its policies first, and ours is not the only one it may have been given.

use aws_sdk_iam::operation::delete_role::DeleteRoleError;
use aws_sdk_iam::operation::detach_role_policy::DetachRolePolicyError;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesError;
use aws_sdk_iam::operation::list_role_policies::ListRolePoliciesError;
use tenantry_ports::runtime::{RuntimeError, Step};

use super::super::aws::{Aws, SOON, pending};
use super::{delete_inline, of};
use crate::limits::Family;

/// What somebody else has removed meanwhile is removed.
pub async fn remove(aws: &Aws, name: &str) -> Result<Step<()>, RuntimeError> {
    for policy in inline_policies(aws, name).await? {
        delete_inline(aws, name, &policy).await?;
    }
    for arn in attached_policies(aws, name).await? {
        detach(aws, name, &arn).await?;
    }
    aws.limits.take(Family::IamChanges).await?;
    match aws.iam.delete_role().role_name(name).send().await {
        Ok(_) => Ok(Step::Ready(())),
        Err(e) if e.as_service_error().is_some_and(DeleteRoleError::is_no_such_entity_exception) => Ok(Step::Ready(())),
        Err(e) if e.as_service_error().is_some_and(passes) => {
            Ok(pending(SOON, format!("the role {name} is still being changed")))
        }
        Err(e) => Err(of("iam:DeleteRole", name).fault(e).into()),
    }
}

fn passes(error: &DeleteRoleError) -> bool {
    error.is_delete_conflict_exception() || error.is_concurrent_modification_exception()
}

/// None of a role that is not there.
async fn inline_policies(aws: &Aws, name: &str) -> Result<Vec<String>, RuntimeError> {
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::IamReads).await?;
        let page = match aws.iam.list_role_policies().role_name(name).set_marker(marker.take()).send().await {
            Ok(page) => page,
            Err(e) if e.as_service_error().is_some_and(ListRolePoliciesError::is_no_such_entity_exception) => {
                return Ok(all);
            }
            Err(e) => return Err(of("iam:ListRolePolicies", name).fault(e).into()),
        };
        all.extend(page.policy_names);
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// ARNs; none of a role that is not there.
async fn attached_policies(aws: &Aws, name: &str) -> Result<Vec<String>, RuntimeError> {
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::IamReads).await?;
        let page = match aws.iam.list_attached_role_policies().role_name(name).set_marker(marker.take()).send().await {
            Ok(page) => page,
            Err(e) if e.as_service_error().is_some_and(ListAttachedRolePoliciesError::is_no_such_entity_exception) => {
                return Ok(all);
            }
            Err(e) => return Err(of("iam:ListAttachedRolePolicies", name).fault(e).into()),
        };
        all.extend(page.attached_policies.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn));
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(all);
        }
    }
}

async fn detach(aws: &Aws, name: &str, arn: &str) -> Result<(), RuntimeError> {
    aws.limits.take(Family::IamChanges).await?;
    match aws.iam.detach_role_policy().role_name(name).policy_arn(arn).send().await {
        Err(e) if e.as_service_error().is_some_and(DetachRolePolicyError::is_no_such_entity_exception) => Ok(()),
        gone => gone.map(drop).map_err(|e| of("iam:DetachRolePolicy", name).fault(e).into()),
    }
}
