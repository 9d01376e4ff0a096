//! The security group of a tenant's services: the gateway, the provisioner and the tenant's own services may call.

mod rule;

use aws_sdk_ec2::types::{Filter, ResourceType, SecurityGroup, Tag, TagSpecification};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tenantry_contract::resource::Outputs;
use tenantry_ports::runtime::{Condition, RuntimeError, Step, Tagged};

use self::rule::{Rule, there, wanted};
use super::aws::{Aws, MUCH_LATER, SOON, Thing, pending};
use super::spec::{self, GroupSpec, Kind, output};
use super::tags;
use crate::fault::{Call, call};
use crate::limits::Family;

pub async fn ensure(aws: &Aws, thing: Thing<'_>) -> Result<Step<Outputs>, RuntimeError> {
    let spec: GroupSpec = spec::read(thing.resource)?;
    let Some(group) = find(aws, &spec).await? else {
        create(aws, thing, &spec).await?;
        return Ok(pending(SOON, format!("the security group {} is being made", spec.name)));
    };
    let Some(id) = group.group_id() else {
        return Err(of("ec2:DescribeSecurityGroups", &spec.name).nonsense("a security group has no id").into());
    };
    let (there, wanted) = (there(&group), wanted(&spec, id));
    let missing: Vec<_> = wanted.difference(&there).map(Rule::permission).collect();
    if !missing.is_empty() {
        aws.limits.take(Family::Ec2Changes).await?;
        let request = aws.ec2.authorize_security_group_ingress().group_id(id).set_ip_permissions(Some(missing));
        match request.send().await {
            Err(e) if e.code() == Some("InvalidGroup.NotFound") => {
                return Ok(pending(SOON, format!("the security group {id} is not seen everywhere yet")));
            }
            // One that is there already refuses them all: what was read was not the newest.
            Err(e) if e.code() == Some("InvalidPermission.Duplicate") => {
                return Ok(pending(SOON, format!("the rules of the security group {id} are not seen everywhere yet")));
            }
            done => drop(done.map_err(|e| of("ec2:AuthorizeSecurityGroupIngress", id).fault(e))?),
        }
    }
    let extra: Vec<_> = there.difference(&wanted).map(Rule::permission).collect();
    if !extra.is_empty() {
        aws.limits.take(Family::Ec2Changes).await?;
        let request = aws.ec2.revoke_security_group_ingress().group_id(id).set_ip_permissions(Some(extra));
        match request.send().await {
            Err(e) if e.code() == Some("InvalidPermission.NotFound") => {}
            done => drop(done.map_err(|e| of("ec2:RevokeSecurityGroupIngress", id).fault(e))?),
        }
    }
    Ok(Step::Ready(Outputs::from([(output::GROUP.to_owned(), id.to_owned())])))
}

async fn create(aws: &Aws, thing: Thing<'_>, spec: &GroupSpec) -> Result<(), RuntimeError> {
    let tags = thing.tags(&aws.place);
    let marks = tags.pairs().into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let marks = TagSpecification::builder().resource_type(ResourceType::SecurityGroup).set_tags(Some(marks));
    aws.limits.take(Family::Ec2Changes).await?;
    let request = aws
        .ec2
        .create_security_group()
        .group_name(&spec.name)
        .vpc_id(&spec.vpc)
        .description(format!("Services of {}", tags.owner))
        .tag_specifications(marks.build());
    match request.send().await {
        // Made before, and not listed yet.
        Err(e) if e.code() == Some("InvalidGroup.Duplicate") => Ok(()),
        made => made.map(drop).map_err(|e| of("ec2:CreateSecurityGroup", &spec.name).fault(e).into()),
    }
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let spec: GroupSpec = spec::read(thing.resource)?;
    Ok(match find(aws, &spec).await? {
        None => Condition::Drifted(format!("the security group {} is not there", spec.name)),
        Some(group) if group.group_id().is_some_and(|id| there(&group) == wanted(&spec, id)) => Condition::Sound,
        Some(_) => Condition::Drifted(format!("the rules of the security group {} were changed", spec.name)),
    })
}

/// The group of that name, if there is one.
pub async fn remove(aws: &Aws, thing: Thing<'_>) -> Result<Step<()>, RuntimeError> {
    if let Some(id) = thing.output(output::GROUP) {
        return discard(aws, id).await;
    }
    let spec: GroupSpec = spec::read(thing.resource)?;
    match find(aws, &spec).await?.and_then(|group| group.group_id) {
        Some(id) => discard(aws, &id).await,
        None => Ok(Step::Ready(())),
    }
}

pub async fn discard(aws: &Aws, id: &str) -> Result<Step<()>, RuntimeError> {
    aws.limits.take(Family::Ec2Changes).await?;
    match aws.ec2.delete_security_group().group_id(id).send().await {
        Ok(_) => Ok(Step::Ready(())),
        Err(e) if matches!(e.code(), Some("InvalidGroup.NotFound" | "InvalidGroupId.NotFound")) => Ok(Step::Ready(())),
        // Interfaces of tasks that have ended go a few minutes after them.
        Err(e) if matches!(e.code(), Some("DependencyViolation" | "InvalidGroup.InUse")) => {
            Ok(pending(MUCH_LATER, format!("network interfaces still use the security group {id}")))
        }
        Err(e) => Err(of("ec2:DeleteSecurityGroup", id).fault(e).into()),
    }
}

/// Groups that carry our tags of this stage.
pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let of_stage = filter(&format!("tag:{}", tags::STAGE), &aws.place.stage);
    let groups = describe(aws, &[of_stage, filter("vpc-id", &aws.place.vpc)], "the stage's").await?;
    Ok(groups
        .into_iter()
        .filter_map(|group| {
            let pairs = group.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
            let (owner, resource) = tags::read(&aws.place.stage, pairs)?;
            Some(Tagged { owner, resource, kind: Kind::Group.as_str().to_owned(), native: group.group_id? })
        })
        .collect())
}

async fn find(aws: &Aws, spec: &GroupSpec) -> Result<Option<SecurityGroup>, RuntimeError> {
    // A name is given once in a VPC.
    let filters = [filter("group-name", &spec.name), filter("vpc-id", &spec.vpc)];
    Ok(describe(aws, &filters, &spec.name).await?.into_iter().next())
}

async fn describe(aws: &Aws, filters: &[Filter], of_what: &str) -> Result<Vec<SecurityGroup>, RuntimeError> {
    let (mut groups, mut token) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::Ec2Reads).await?;
        let request = aws.ec2.describe_security_groups().set_filters(Some(filters.to_vec()));
        let page = request.set_next_token(token.take()).send().await;
        let page = page.map_err(|e| of("ec2:DescribeSecurityGroups", of_what).fault(e))?;
        groups.extend(page.security_groups.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(groups);
        }
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn of(name: &'static str, group: &str) -> Call {
    call(name, format!("security group {group}"))
}
