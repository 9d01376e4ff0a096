//! A task definition: registered when its content differs from what is registered, and only then.

use aws_sdk_ecs::types::{SortOrder, TaskDefinition, TaskDefinitionField, TaskDefinitionStatus};
use tenantry_contract::id::PoolId;
use tenantry_contract::resource::Outputs;
use tenantry_contract::want::Whose;
use tenantry_ports::runtime::{Condition, Inputs, RuntimeError, Step, Tagged};

use super::aws::{Aws, SOON, Thing, input, pending};
use super::cluster::ecs_tags;
use super::content::Content;
use super::names;
use super::spec::{self, Kind, TaskSpec, id, output};
use super::tags;
use crate::fault::{Call, call};
use crate::limits::Family;

/// The tag that holds the digest of its content.
const HASH: &str = "tenantry:content";
/// `DeleteTaskDefinitions` takes so many.
const BATCH: usize = 10;

pub async fn ensure(aws: &Aws, thing: Thing<'_>, inputs: &Inputs) -> Result<Step<Outputs>, RuntimeError> {
    let spec: TaskSpec = spec::read(thing.resource)?;
    let wanted = Content::wanted(&spec, of_pool(aws, spec.pool, inputs)?);
    if let Some(arn) = latest(aws, &spec.family).await?
        && let Some(there) = describe(aws, &arn).await?
        && there.is(&wanted)
    {
        return Ok(ready(arn));
    }
    let arn = register(aws, thing, &wanted).await?;
    Ok(ready(arn))
}

fn ready(arn: String) -> Step<Outputs> {
    Step::Ready(Outputs::from([(output::TASK.to_owned(), arn)]))
}

/// What a service is told of its pool.
fn of_pool(aws: &Aws, pool: Whose, inputs: &Inputs) -> Result<Vec<(String, String)>, RuntimeError> {
    let (pool, client) = match pool {
        Whose::Own => {
            let pool = input(inputs, &id::pool(), output::POOL)?;
            let pool = PoolId::parse(pool).map_err(|cause| RuntimeError::transient("a pool's id is none", cause))?;
            (pool, input(inputs, &id::pool(), output::CLIENT)?.to_owned())
        }
        Whose::Shared => {
            let shared = aws.place.pool.clone();
            let shared = shared.ok_or_else(|| RuntimeError::permanent("no pool for pooled tenants is configured"))?;
            (shared.id, shared.client.into())
        }
    };
    let told = [
        ("TENANTRY_ISSUER", aws.pools.issuer_url(&pool)),
        ("TENANTRY_ISSUER_ALGORITHM", "RS256".to_owned()),
        ("TENANTRY_JWKS_URL", aws.pools.jwks_url(&pool)),
        ("TENANTRY_POOL_ID", pool.into()),
        ("TENANTRY_CLIENT_ID", client),
    ];
    Ok(told.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

async fn register(aws: &Aws, thing: Thing<'_>, wanted: &Content) -> Result<String, RuntimeError> {
    let of = of("ecs:RegisterTaskDefinition", thing.resource.id.as_str());
    let mut tags = ecs_tags(&thing.tags(&aws.place));
    tags.push(aws_sdk_ecs::types::Tag::builder().key(HASH).value(wanted.hash()).build());
    let request = wanted.register(aws.ecs.register_task_definition().set_tags(Some(tags)));
    let request = request.map_err(|e| of.clone().nonsense(e.to_string()))?;
    aws.limits.take(Family::EcsTaskDefinitions).await?;
    let answer = request.send().await.map_err(|e| of.clone().fault(e))?;
    let arn = answer.task_definition.and_then(|definition| definition.task_definition_arn);
    arn.ok_or_else(|| of.nonsense("a task definition has no ARN").into())
}

pub async fn inspect(aws: &Aws, thing: Thing<'_>) -> Result<Condition, RuntimeError> {
    let drifted = |why: &str| Ok(Condition::Drifted(format!("the task definition of {} {why}", thing.resource.id)));
    let Some(arn) = thing.output(output::TASK) else { return drifted("is not known") };
    let Some(there) = describe(aws, arn).await? else { return drifted("is not there") };
    match Content::registered(&there.definition) {
        _ if there.definition.status() != Some(&TaskDefinitionStatus::Active) => drifted("is not active"),
        Some(content) if there.is(&content) => Ok(Condition::Sound),
        _ => drifted("does not say what its tag says"),
    }
}

/// All revisions of the family: deregistered, then deleted. AWS keeps them a while, as being deleted.
pub async fn remove(aws: &Aws, family: &str) -> Result<Step<()>, RuntimeError> {
    for arn in arns(aws, Some(family), TaskDefinitionStatus::Active).await? {
        deregister(aws, &arn).await?;
    }
    delete(aws, &arns(aws, Some(family), TaskDefinitionStatus::Inactive).await?).await
}

/// One revision, found by its name: only with our tags too.
pub async fn discard(aws: &Aws, arn: &str) -> Result<Step<()>, RuntimeError> {
    let Some(there) = describe(aws, arn).await? else { return Ok(Step::Ready(())) };
    if !there.ours {
        return Err(RuntimeError::permanent(format!(
            "the task definition {arn} is named as one of ours and does not carry our tags, so it is left alone"
        )));
    }
    match there.definition.status() {
        Some(TaskDefinitionStatus::Active) => deregister(aws, arn).await?,
        Some(TaskDefinitionStatus::Inactive) => {}
        _ => return Ok(Step::Ready(())),
    }
    delete(aws, &[arn.to_owned()]).await
}

async fn deregister(aws: &Aws, arn: &str) -> Result<(), RuntimeError> {
    aws.limits.take(Family::EcsTaskDefinitions).await?;
    let gone = aws.ecs.deregister_task_definition().task_definition(arn).send().await;
    gone.map(drop).map_err(|e| of("ecs:DeregisterTaskDefinition", arn).fault(e).into())
}

async fn delete(aws: &Aws, arns: &[String]) -> Result<Step<()>, RuntimeError> {
    let mut left = Vec::new();
    for batch in arns.chunks(BATCH) {
        aws.limits.take(Family::EcsTaskDefinitionDeletions).await?;
        let answer = aws.ecs.delete_task_definitions().set_task_definitions(Some(batch.to_vec())).send().await;
        let answer = answer.map_err(|e| of("ecs:DeleteTaskDefinitions", &batch.join(", ")).fault(e))?;
        left.extend(answer.failures.unwrap_or_default().into_iter().filter_map(|failure| failure.reason));
    }
    match left.first() {
        None => Ok(Step::Ready(())),
        Some(reason) => Ok(pending(SOON, format!("task definitions are not deleted yet: {reason}"))),
    }
}

pub async fn list(aws: &Aws) -> Result<Vec<Tagged>, RuntimeError> {
    let mut found = Vec::new();
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        found.extend(arns(aws, None, status).await?.into_iter().filter_map(|native| {
            let (service, owner) = names::family_of(&aws.place.stage, family(&native)?)?;
            let kind = Kind::Task.as_str().to_owned();
            Some(Tagged { owner, resource: id::task(&service), kind, native })
        }));
    }
    Ok(found)
}

/// Of `…:task-definition/family:7`.
fn family(arn: &str) -> Option<&str> {
    arn.rsplit('/').next()?.rsplit_once(':').map(|(family, _)| family)
}

async fn latest(aws: &Aws, family: &str) -> Result<Option<String>, RuntimeError> {
    aws.limits.take(Family::EcsTaskDefinitionReads).await?;
    let request = aws.ecs.list_task_definitions().family_prefix(family).status(TaskDefinitionStatus::Active);
    // AWS lists this family alone; an emulator lists others too whose names begin like it.
    let page = request.sort(SortOrder::Desc).max_results(100).send().await;
    let page = page.map_err(|e| of("ecs:ListTaskDefinitions", family).fault(e))?;
    Ok(page.task_definition_arns.unwrap_or_default().into_iter().find(|arn| self::family(arn) == Some(family)))
}

async fn arns(aws: &Aws, of_family: Option<&str>, status: TaskDefinitionStatus) -> Result<Vec<String>, RuntimeError> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::EcsTaskDefinitionReads).await?;
        let request = aws.ecs.list_task_definitions().status(status.clone()).set_next_token(token.take());
        let page = request.set_family_prefix(of_family.map(str::to_owned)).send().await;
        let page = page.map_err(|e| of("ecs:ListTaskDefinitions", of_family.unwrap_or("all")).fault(e))?;
        found.extend(page.task_definition_arns.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    found.retain(|arn| of_family.is_none_or(|wanted| family(arn) == Some(wanted)));
    Ok(found)
}

/// A revision, and what its tags say.
struct There {
    definition: TaskDefinition,
    hash: Option<String>,
    ours: bool,
}

impl There {
    fn is(&self, content: &Content) -> bool {
        // The tag is quick to read; what is registered decides.
        Content::registered(&self.definition).as_ref() == Some(content) && self.hash.as_deref() == Some(&content.hash())
    }
}

async fn describe(aws: &Aws, arn: &str) -> Result<Option<There>, RuntimeError> {
    aws.limits.take(Family::EcsTaskDefinitionReads).await?;
    let request = aws.ecs.describe_task_definition().task_definition(arn).include(TaskDefinitionField::Tags);
    match request.send().await {
        Ok(answer) => {
            let pairs = || answer.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
            let ours = tags::read(&aws.place.stage, pairs()).is_some();
            let hash = pairs().find(|(key, _)| *key == HASH).map(|(_, value)| value.to_owned());
            Ok(answer.task_definition.map(|definition| There { definition, hash, ours }))
        }
        // How ECS says that there is none.
        Err(e)
            if e.as_service_error().is_some_and(
                aws_sdk_ecs::operation::describe_task_definition::DescribeTaskDefinitionError::is_client_exception,
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(of("ecs:DescribeTaskDefinition", arn).fault(e).into()),
    }
}

fn of(name: &'static str, what: &str) -> Call {
    call(name, format!("task definition {what}"))
}
