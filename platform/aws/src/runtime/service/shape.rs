//! What can be changed of a service beside its tasks: where they are, how they are found, and what ends a rollout that
//! fails. Held against what is there, by the step that makes it and by the look for drift.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{
    AssignPublicIp, DeploymentCircuitBreaker, DeploymentConfiguration, NetworkConfiguration, Service,
};

use super::super::spec::ServiceSpec;

/// A rollout keeps every task until its successor runs, and one that fails goes back to the last that worked.
pub fn deployment() -> DeploymentConfiguration {
    let breaker = DeploymentCircuitBreaker::builder().enable(true).rollback(true).build();
    DeploymentConfiguration::builder()
        .deployment_circuit_breaker(breaker)
        .minimum_healthy_percent(100)
        .maximum_percent(200)
        .build()
}

pub fn public(spec: &ServiceSpec) -> AssignPublicIp {
    if spec.public_addresses { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled }
}

/// How it differs, in words. What an emulator does not tell is taken to be as it should; of what is not known to us,
/// nothing is said either.
pub fn difference(
    service: &Service,
    spec: &ServiceSpec,
    group: Option<&str>,
    registry: Option<&str>,
) -> Option<&'static str> {
    if let Some(network) = service.network_configuration().and_then(NetworkConfiguration::awsvpc_configuration) {
        let subnets: BTreeSet<_> = network.subnets().iter().collect();
        if subnets != spec.subnets.iter().collect() {
            return Some("is in other subnets");
        }
        if group.is_some_and(|group| network.security_groups() != [group]) {
            return Some("has other security groups");
        }
        if network.assign_public_ip().is_some_and(|is| *is != public(spec)) {
            return Some("gives its tasks other addresses");
        }
    }
    let registries = service.service_registries();
    let found = |arn: &str| registries.iter().any(|there| there.registry_arn() == Some(arn));
    if !registries.is_empty() && registry.is_some_and(|arn| !found(arn)) {
        return Some("is registered elsewhere");
    }
    let breaker = service.deployment_configuration().map(DeploymentConfiguration::deployment_circuit_breaker);
    if breaker.is_some_and(|breaker| !breaker.is_some_and(|it| it.enable() && it.rollback())) {
        return Some("has no circuit breaker");
    }
    None
}
