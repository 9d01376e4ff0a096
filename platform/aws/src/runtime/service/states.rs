//! How services are, asked for many at a time.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_ecs::types::Service;
use tenantry_ports::runtime::RuntimeError;

use crate::fault::{Fault, call};
use crate::limits::{Batch, Busy, Family, Limits, PollError};
use crate::runtime::aws::{Aws, SOON};
use crate::runtime::fault::weigh;

/// `DescribeServices`, ten names of one cluster a call.
pub struct Services {
    pub ecs: aws_sdk_ecs::Client,
    pub limits: Limits,
}

#[derive(Debug)]
pub enum Unasked {
    Busy(Busy),
    Failed(Fault),
}

#[async_trait]
impl Batch for Services {
    type Group = String;
    type Key = String;
    type Answer = Service;
    type Error = Unasked;

    const MOST: usize = 10;

    async fn ask(&self, cluster: &String, names: Vec<String>) -> Result<HashMap<String, Service>, Unasked> {
        self.limits.take(Family::EcsServiceReads).await.map_err(Unasked::Busy)?;
        let of = call("ecs:DescribeServices", format!("services {} in cluster {cluster}", names.join(", ")));
        match self.ecs.describe_services().cluster(cluster).set_services(Some(names)).send().await {
            Ok(answer) => {
                let services = answer.services.unwrap_or_default().into_iter();
                Ok(services.filter_map(|service| Some((service.service_name.clone()?, service))).collect())
            }
            // Where there is no cluster there are no services.
            Err(e)
                if e.as_service_error().is_some_and(
                    aws_sdk_ecs::operation::describe_services::DescribeServicesError::is_cluster_not_found_exception,
                ) =>
            {
                Ok(HashMap::new())
            }
            Err(e) => Err(Unasked::Failed(of.fault(e))),
        }
    }
}

pub async fn find(aws: &Aws, cluster: &str, name: &str) -> Result<Option<Service>, RuntimeError> {
    match aws.services.ask(cluster.to_owned(), name.to_owned()).await {
        Ok(service) => Ok(service),
        Err(PollError::Lost) => Err(crate::runtime::aws::passing("a question about services was cut short", SOON)),
        Err(PollError::Failed(why)) => Err(match &*why {
            Unasked::Busy(busy) => (*busy).into(),
            // Everybody who asked along has the same cause: its words are kept.
            Unasked::Failed(fault) => weigh(fault, None),
        }),
    }
}
