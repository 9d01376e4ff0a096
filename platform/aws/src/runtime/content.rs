//! What a task definition says, of all that ECS has in one only what we set: so that what is registered can be
//! compared with what is wanted.

use std::collections::BTreeMap;

use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionFluentBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, HealthCheck, KeyValuePair, LogConfiguration, LogDriver,
    NetworkMode, OsFamily, PortMapping, RuntimePlatform, TaskDefinition, TransportProtocol,
};
use aws_smithy_types::error::operation::BuildError;
use serde::Serialize;

use super::names;
use super::spec::{TaskSpec, canonical};

/// A container is well again, or not, within a minute and a half; while it starts, failures do not count.
const EVERY_SECONDS: i32 = 10;
const WITHIN_SECONDS: i32 = 5;
const FAILURES: i32 = 3;
const START_SECONDS: i32 = 30;
/// From SIGTERM to SIGKILL.
const STOP_SECONDS: i32 = 30;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    family: String,
    cpu: String,
    memory: String,
    architecture: String,
    role_arn: String,
    execution_role_arn: String,
    container: String,
    image: String,
    command: Vec<String>,
    port: i32,
    environment: BTreeMap<String, String>,
    health_command: Vec<String>,
    health_numbers: [i32; 4],
    stop_seconds: i32,
    log_options: BTreeMap<String, String>,
}

impl Content {
    /// `pool` is what the service is told of its pool.
    pub fn wanted(spec: &TaskSpec, pool: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut environment = spec.environment.clone();
        environment.extend(pool);
        let log = [("group", &spec.log_group), ("region", &spec.region)];
        let mut log_options: BTreeMap<String, String> =
            log.into_iter().map(|(name, value)| (format!("awslogs-{name}"), value.clone())).collect();
        log_options.insert("awslogs-stream-prefix".into(), spec.service.to_string());
        Self {
            family: spec.family.clone(),
            cpu: spec.cpu.to_string(),
            memory: spec.memory.to_string(),
            architecture: spec.architecture.clone(),
            role_arn: spec.role_arn.clone(),
            execution_role_arn: spec.execution_role_arn.clone(),
            container: spec.service.to_string(),
            image: spec.image.clone(),
            command: spec.command.clone(),
            port: spec.port.into(),
            environment,
            health_command: spec.health_command.clone(),
            health_numbers: [EVERY_SECONDS, WITHIN_SECONDS, FAILURES, START_SECONDS],
            stop_seconds: STOP_SECONDS,
            log_options,
        }
    }

    /// None if it has more, or less, than one container of ours.
    pub fn registered(definition: &TaskDefinition) -> Option<Self> {
        let [container] = definition.container_definitions() else { return None };
        let [port] = container.port_mappings() else { return None };
        let health = container.health_check()?;
        let pairs = container.environment().iter();
        let platform = definition.runtime_platform();
        Some(Self {
            family: definition.family()?.to_owned(),
            cpu: definition.cpu()?.to_owned(),
            memory: definition.memory()?.to_owned(),
            architecture: platform?.cpu_architecture()?.as_str().to_owned(),
            role_arn: definition.task_role_arn()?.to_owned(),
            execution_role_arn: definition.execution_role_arn()?.to_owned(),
            container: container.name()?.to_owned(),
            image: container.image()?.to_owned(),
            command: container.command().to_vec(),
            port: port.container_port()?,
            environment: pairs.filter_map(|p| Some((p.name()?.to_owned(), p.value()?.to_owned()))).collect(),
            health_command: health.command().to_vec(),
            health_numbers: [health.interval()?, health.timeout()?, health.retries()?, health.start_period()?],
            stop_seconds: container.stop_timeout()?,
            log_options: container.log_configuration()?.options()?.clone().into_iter().collect(),
        })
    }

    /// Kept as a tag beside it.
    pub fn hash(&self) -> String {
        let mut text = String::new();
        canonical(&serde_json::json!(self), &mut text);
        names::digest(&text)
    }

    pub fn register(
        &self,
        request: RegisterTaskDefinitionFluentBuilder,
    ) -> Result<RegisterTaskDefinitionFluentBuilder, BuildError> {
        let platform = RuntimePlatform::builder()
            .cpu_architecture(CpuArchitecture::from(self.architecture.as_str()))
            .operating_system_family(OsFamily::Linux)
            .build();
        Ok(request
            .family(&self.family)
            .cpu(&self.cpu)
            .memory(&self.memory)
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(Compatibility::Fargate)
            .runtime_platform(platform)
            .task_role_arn(&self.role_arn)
            .execution_role_arn(&self.execution_role_arn)
            .container_definitions(self.container()?))
    }

    fn container(&self) -> Result<ContainerDefinition, BuildError> {
        let [every, within, failures, start] = self.health_numbers;
        let health = HealthCheck::builder()
            .set_command(Some(self.health_command.clone()))
            .interval(every)
            .timeout(within)
            .retries(failures)
            .start_period(start)
            .build()?;
        let port = PortMapping::builder().container_port(self.port).protocol(TransportProtocol::Tcp).build();
        let pair = |(name, value)| KeyValuePair::builder().name(name).value(value).build();
        let log = LogConfiguration::builder()
            .log_driver(LogDriver::Awslogs)
            .set_options(Some(self.log_options.clone().into_iter().collect()))
            .build()?;
        Ok(ContainerDefinition::builder()
            .name(&self.container)
            .image(&self.image)
            .essential(true)
            .set_command(Some(self.command.clone()))
            .port_mappings(port)
            .set_environment(Some(self.environment.iter().map(pair).collect()))
            .health_check(health)
            .stop_timeout(self.stop_seconds)
            .log_configuration(log)
            .build())
    }
}
