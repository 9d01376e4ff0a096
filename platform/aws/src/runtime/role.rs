//! The role an owner's tasks run as, and the one by which the stage's reach rows: under our path and boundary, with one inline policy.

mod remove;

use aws_sdk_iam::operation::get_role::GetRoleError;
use aws_sdk_iam::operation::get_role_policy::GetRolePolicyError;
use aws_sdk_iam::types::{Role, Tag};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tenantry_contract::resource::{Outputs, Owner};
use tenantry_contract::want::Whose;
use tenantry_ports::runtime::{Condition, Inputs, RuntimeError, Step, Tagged};

pub use self::remove::remove;
use super::aws::{Aws, SOON, Thing, input, pending};
use super::policy;
use super::spec::{self, Kind, RoleSpec, id, output};
use super::tags;
use crate::fault::{Call, call};
use crate::limits::Family;

/// The name of the one inline policy.
const POLICY: &str = "tenant";

pub async fn ensure(aws: &Aws, thing: Thing<'_>, inputs: &Inputs) -> Result<Step<Outputs>, RuntimeError> {
    let spec: RoleSpec = spec::read(thing.resource)?;
    let pool = match (thing.owner, spec.users_of) {
        (_, Some(Whose::Own)) => Some(input(inputs, &id::pool(), output::POOL)?),
        (Owner::Stage, Some(Whose::Shared)) => aws.place.pool.as_ref().map(|pool| pool.id.as_str()),
        // A tenant's service never manages the users of a pool that others are in.
        (Owner::Tenant(_), Some(Whose::Shared)) | (_, None) => None,
    };
    let trust = policy::trust(&aws.place, &spec);
    let Some(role) = find(aws, &spec.name).await? else {
        create(aws, thing, &spec, &trust).await?;
        // IAM shows it everywhere a little later.
        return Ok(pending(SOON, format!("the role {} is being made", spec.name)));
    };
    if document(role.assume_role_policy_document()).as_ref() != Some(&trust) {
        aws.limits.take(Family::IamChanges).await?;
        let update = aws.iam.update_assume_role_policy().role_name(&spec.name).policy_document(trust.to_string());
        update.send().await.map_err(|e| of("iam:UpdateAssumeRolePolicy", &spec.name).fault(e))?;
    }
    if boundary(&role) != spec.boundary.as_deref() {
        bound(aws, &spec).await?;
    }
    let wanted = policy::inline(&aws.place, thing.owner, &spec, pool);
    if inline(aws, &spec.name).await? != wanted {
        put_inline(aws, &spec.name, wanted.as_ref()).await?;
    }
    let made = role.create_date().to_millis().unwrap_or_default();
    let mut outputs = Outputs::from([(output::ROLE_MADE_AT.to_owned(), made.to_string())]);
    outputs.extend(pool.map(|pool| (output::ROLE_POOL.to_owned(), pool.to_owned())));
    Ok(Step::Ready(outputs))
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let spec: RoleSpec = spec::read(thing.resource)?;
    let name = &spec.name;
    let Some(role) = find(aws, name).await? else {
        return Ok(Condition::Drifted(format!("the role {name} is not there")));
    };
    let mut differs = Vec::new();
    if document(role.assume_role_policy_document()) != Some(policy::trust(&aws.place, &spec)) {
        differs.push("who may take it on");
    }
    if boundary(&role) != spec.boundary.as_deref() {
        differs.push("its boundary");
    }
    let pool = thing.output(output::ROLE_POOL);
    if inline(aws, name).await? != policy::inline(&aws.place, thing.owner, &spec, pool) {
        differs.push("what it may do");
    }
    Ok(if differs.is_empty() {
        Condition::Sound
    } else {
        Condition::Drifted(format!("the role {name} differs in: {}", differs.join(", ")))
    })
}

async fn create(aws: &Aws, thing: Thing<'_>, spec: &RoleSpec, trust: &Value) -> Result<(), RuntimeError> {
    let tags = thing.tags(&aws.place);
    let mut request = aws
        .iam
        .create_role()
        .role_name(&spec.name)
        .path(&spec.path)
        .description(tags.line())
        .assume_role_policy_document(trust.to_string())
        .set_permissions_boundary(spec.boundary.clone());
    for (key, value) in tags.pairs() {
        let tag = Tag::builder().key(key).value(value).build();
        request = request.tags(tag.map_err(|e| of("iam:CreateRole", &spec.name).nonsense(e.to_string()))?);
    }
    aws.limits.take(Family::IamChanges).await?;
    match request.send().await {
        // Made before, and not seen yet.
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_iam::operation::create_role::CreateRoleError::is_entity_already_exists_exception,
            ) =>
        {
            Ok(())
        }
        made => made.map(drop).map_err(|e| of("iam:CreateRole", &spec.name).fault(e).into()),
    }
}

async fn bound(aws: &Aws, spec: &RoleSpec) -> Result<(), RuntimeError> {
    aws.limits.take(Family::IamChanges).await?;
    if let Some(arn) = &spec.boundary {
        let put = aws.iam.put_role_permissions_boundary().role_name(&spec.name).permissions_boundary(arn);
        put.send().await.map_err(|e| of("iam:PutRolePermissionsBoundary", &spec.name).fault(e))?;
    } else {
        let delete = aws.iam.delete_role_permissions_boundary().role_name(&spec.name);
        delete.send().await.map_err(|e| of("iam:DeleteRolePermissionsBoundary", &spec.name).fault(e))?;
    }
    Ok(())
}

async fn put_inline(aws: &Aws, name: &str, policy: Option<&Value>) -> Result<(), RuntimeError> {
    aws.limits.take(Family::IamChanges).await?;
    match policy {
        Some(policy) => {
            let put = aws.iam.put_role_policy().role_name(name).policy_name(POLICY);
            let put = put.policy_document(policy.to_string()).send().await;
            put.map_err(|e| of("iam:PutRolePolicy", name).fault(e))?;
        }
        None => delete_inline(aws, name, POLICY).await?,
    }
    Ok(())
}

async fn delete_inline(aws: &Aws, name: &str, policy: &str) -> Result<(), RuntimeError> {
    aws.limits.take(Family::IamChanges).await?;
    match aws.iam.delete_role_policy().role_name(name).policy_name(policy).send().await {
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_iam::operation::delete_role_policy::DeleteRolePolicyError::is_no_such_entity_exception,
            ) =>
        {
            Ok(())
        }
        gone => gone.map(drop).map_err(|e| of("iam:DeleteRolePolicy", name).fault(e).into()),
    }
}

/// By our path, with the line in its description: a list of roles shows no tags.
pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let (mut found, mut marker) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::IamReads).await?;
        let page = aws.iam.list_roles().path_prefix(&aws.place.iam_path).set_marker(marker.take()).send().await;
        let page = page.map_err(|e| call("iam:ListRoles", format!("roles under {}", aws.place.iam_path)).fault(e))?;
        found.extend(page.roles.iter().filter_map(|role| {
            let (owner, resource) = tags::read_line(&aws.place.stage, role.description()?)?;
            let kind = Kind::Role.as_str().to_owned();
            Some(Tagged { owner, resource, kind, native: role.role_name().to_owned() })
        }));
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(found);
        }
    }
}

async fn find(aws: &Aws, name: &str) -> Result<Option<Role>, RuntimeError> {
    aws.limits.take(Family::IamReads).await?;
    match aws.iam.get_role().role_name(name).send().await {
        Ok(answer) => Ok(answer.role),
        Err(e) if e.as_service_error().is_some_and(GetRoleError::is_no_such_entity_exception) => Ok(None),
        Err(e) => Err(of("iam:GetRole", name).fault(e).into()),
    }
}

async fn inline(aws: &Aws, name: &str) -> Result<Option<Value>, RuntimeError> {
    aws.limits.take(Family::IamReads).await?;
    match aws.iam.get_role_policy().role_name(name).policy_name(POLICY).send().await {
        Ok(answer) => Ok(document(Some(answer.policy_document()))),
        Err(e) if e.as_service_error().is_some_and(GetRolePolicyError::is_no_such_entity_exception) => Ok(None),
        Err(e) => Err(of("iam:GetRolePolicy", name).fault(e).into()),
    }
}

/// IAM answers with documents encoded as in a URL.
fn document(encoded: Option<&str>) -> Option<Value> {
    serde_json::from_str(&percent_decode_str(encoded?).decode_utf8().ok()?).ok()
}

fn boundary(role: &Role) -> Option<&str> {
    role.permissions_boundary()?.permissions_boundary_arn()
}

fn of(name: &'static str, role: &str) -> Call {
    call(name, format!("role {role}"))
}
