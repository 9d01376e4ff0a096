//! What every kind of resource works with: clients, limits, the place.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::{Need, Outputs, Owner, Resource, ResourceId};
use tenantry_ports::clock::Clock;
use tenantry_ports::runtime::{Inputs, RuntimeError, Step};

use super::discovery::Directory;
use super::place::Place;
use super::pools::Pools;
use super::service::Services;
use super::spec;
use super::tags::Tags;
use crate::limits::{Limits, Poller};

/// What AWS does in moments.
pub const SOON: Duration = Duration::from_secs(1);
/// What takes AWS a while: tasks that start or stop.
pub const LATER: Duration = Duration::from_secs(5);
/// What takes AWS minutes: interfaces that linger.
pub const MUCH_LATER: Duration = Duration::from_secs(15);

/// How long those who ask for a service's state wait for others who ask too.
const WINDOW: Duration = Duration::from_millis(50);

pub struct Aws {
    pub place: Place,
    pub limits: Limits,
    pub clock: Arc<dyn Clock>,
    pub pools: Arc<dyn Pools>,
    pub ecs: aws_sdk_ecs::Client,
    pub ec2: aws_sdk_ec2::Client,
    pub iam: aws_sdk_iam::Client,
    pub cloud_map: aws_sdk_servicediscovery::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub dynamo: aws_sdk_dynamodb::Client,
    pub services: Poller<Services>,
    pub directory: Directory,
}

impl Aws {
    pub fn new(sdk: &SdkConfig, place: Place, limits: Limits, pools: Arc<dyn Pools>, clock: Arc<dyn Clock>) -> Self {
        let ecs = aws_sdk_ecs::Client::new(sdk);
        let services = Services { ecs: ecs.clone(), limits: limits.clone() };
        Self {
            place,
            limits,
            clock,
            pools,
            ec2: aws_sdk_ec2::Client::new(sdk),
            iam: aws_sdk_iam::Client::new(sdk),
            cloud_map: aws_sdk_servicediscovery::Client::new(sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(sdk),
            dynamo: aws_sdk_dynamodb::Client::new(sdk),
            services: Poller::new(services, WINDOW),
            directory: Directory::default(),
            ecs,
        }
    }
}

/// A resource under a step.
#[derive(Clone, Copy)]
pub struct Thing<'a> {
    pub owner: &'a Owner,
    pub resource: &'a Resource,
    /// What the inventory has of it.
    pub outputs: Option<&'a Outputs>,
}

impl<'a> Thing<'a> {
    pub fn tags(&self, place: &Place) -> Tags {
        Tags {
            stage: place.stage.clone(),
            owner: self.owner.clone(),
            resource: self.resource.id.clone(),
            tier: spec::tier(self.resource).to_owned(),
        }
    }

    /// Whose it is, where the stage has none of its kind.
    pub fn tenant(&self) -> Result<&'a TenantId, RuntimeError> {
        super::tenant(self.owner)
    }

    pub fn output(&self, name: &str) -> Option<&'a str> {
        self.outputs?.get(name).map(String::as_str)
    }
}

/// What one of the tenant's other resources told.
pub fn input<'a>(inputs: &'a Inputs, id: &ResourceId, name: &str) -> Result<&'a str, RuntimeError> {
    let found = inputs.get(&Need::Own(id.clone())).and_then(|outputs| outputs.get(name));
    found.map(String::as_str).ok_or_else(|| RuntimeError::Transient {
        what: format!("{name} of {id} is not known yet"),
        retry_after: None,
        cause: None,
    })
}

pub fn pending<T>(after: Duration, why: impl Into<String>) -> Step<T> {
    Step::Pending { after, why: why.into() }
}

/// What happens under way and passes.
pub fn passing(what: impl Into<String>, retry_after: Duration) -> RuntimeError {
    RuntimeError::Transient { what: what.into(), retry_after: Some(retry_after), cause: None }
}
