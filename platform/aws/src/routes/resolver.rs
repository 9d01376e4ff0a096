//! From a name to addresses.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use aws_config::SdkConfig;
use aws_sdk_servicediscovery::types::HealthStatusFilter;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tenantry_ports::runtime::RuntimeError;

use crate::fault::call;
use crate::runtime::place::Namespace;

pub enum Resolver {
    /// As every program in the VPC finds them: only healthy ones are in the DNS.
    Dns,
    /// By asking Cloud Map, where its DNS does not reach: an emulator, or a machine outside of the VPC.
    CloudMap(aws_sdk_servicediscovery::Client),
}

impl Resolver {
    pub fn cloud_map(sdk: &SdkConfig) -> Self {
        let mut config = aws_sdk_servicediscovery::config::Builder::from(sdk);
        if sdk.endpoint_url().is_some() {
            config = config.interceptor(PlainHost);
        }
        Self::CloudMap(aws_sdk_servicediscovery::Client::from_conf(config.build()))
    }

    /// In no particular order, each once.
    pub(super) async fn addresses(&self, namespace: &Namespace, label: &str) -> Result<Vec<IpAddr>, RuntimeError> {
        match self {
            Self::Dns => by_dns(namespace, label).await,
            Self::CloudMap(client) => by_cloud_map(client, namespace, label).await,
        }
    }
}

/// Discovering has a host of its own, `data-` before the other's. Whoever leads us elsewhere has one host for all.
#[derive(Debug)]
struct PlainHost;

impl Intercept for PlainHost {
    fn name(&self) -> &'static str {
        "plain host"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let plain = context.request().uri().replacen("://data-", "://", 1);
        Ok(context.request_mut().set_uri(plain)?)
    }
}

async fn by_dns(namespace: &Namespace, label: &str) -> Result<Vec<IpAddr>, RuntimeError> {
    // The dot at the end: no search domain is tried.
    let host = format!("{label}.{}.", namespace.name);
    match tokio::net::lookup_host((host.as_str(), 0)).await {
        Ok(found) => Ok(found.map(|address| address.ip()).collect::<BTreeSet<_>>().into_iter().collect()),
        Err(e) if is_trouble(&e) => Err(RuntimeError::transient(format!("{host} could not be resolved"), e)),
        Err(_) => Ok(Vec::new()),
    }
}

/// The system's resolver tells a name that is not there from a server that does not answer only in words.
fn is_trouble(error: &io::Error) -> bool {
    let words = error.to_string();
    ["Temporary failure", "Try again"].iter().any(|trouble| words.contains(trouble))
}

async fn by_cloud_map(
    client: &aws_sdk_servicediscovery::Client,
    namespace: &Namespace,
    label: &str,
) -> Result<Vec<IpAddr>, RuntimeError> {
    let request = client.discover_instances().namespace_name(&namespace.name).service_name(label);
    match request.health_status(HealthStatusFilter::Healthy).send().await {
        Ok(answer) => Ok(answer
            .instances()
            .iter()
            .filter_map(|instance| instance.attributes()?.get("AWS_INSTANCE_IPV4")?.parse().ok())
            .collect()),
        Err(e) if e.as_service_error().is_some_and(|e| e.is_service_not_found() || e.is_namespace_not_found()) => {
            Ok(Vec::new())
        }
        Err(e) => {
            let what = format!("{label} in namespace {}", namespace.name);
            Err(call("servicediscovery:DiscoverInstances", what).fault(e).into())
        }
    }
}
