//! Whether whoever asks may do what the roles do, as IAM's simulator has it.

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;
use tenantry_ports::bus::Consumer;

use super::Stage;
use super::actions::{NEEDED, Needed, On};
use super::finding::Findings;
use crate::fault::{Fault, call};
use crate::whereabouts::Whereabouts;

pub(super) async fn look(sdk: &SdkConfig, stage: &Stage, here: &Whereabouts, findings: &mut Findings<'_>) {
    let client = Client::new(sdk);
    let caller = match caller(&client, here).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return findings.fine("permissions: the account's root may do everything"),
        Err(fault) => return findings.unknown("permissions", format!("{fault}; allow it to see them here")),
    };
    for actor in &stage.actors {
        let what = format!("permissions of {caller} for a {}", actor.name());
        let mut denied = Vec::new();
        for needed in NEEDED.iter().filter(|needed| needed.actors.contains(actor)) {
            match denied_of(&client, &caller, needed, &resources(stage, here, needed.on)).await {
                Ok(more) => denied.extend(more),
                Err(fault) => return findings.unknown(what, format!("{fault}; allow it to see them here")),
            }
        }
        denied.sort_unstable();
        denied.dedup();
        if denied.is_empty() {
            findings.fine(what);
        } else {
            // The simulator knows no tags of things to come, by which a policy may be narrower.
            findings.advice(what, format!("not allowed, as far as can be told: {}", denied.join(", ")));
        }
    }
}

/// Whose policies are asked about. None for the root of the account.
async fn caller(client: &Client, here: &Whereabouts) -> Result<Option<String>, Fault> {
    if here.caller.ends_with(":root") {
        return Ok(None);
    }
    // A session is asked about by its role, whose path its name does not tell.
    let Some(role) = here.caller.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next()) else {
        return Ok(Some(here.caller.clone()));
    };
    let named = || call("iam:GetRole", format!("role {role}"));
    let found = client.get_role().role_name(role).send().await.map_err(|e| named().fault(e))?;
    let arn = found.role().map(|role| role.arn().to_owned());
    arn.map(Some).ok_or_else(|| named().nonsense("the answer has no role"))
}

async fn denied_of(client: &Client, caller: &str, needed: &Needed, resources: &[String]) -> Result<Vec<String>, Fault> {
    let actions = needed.actions.iter().map(ToString::to_string).collect();
    let (mut denied, mut marker) = (Vec::new(), None);
    loop {
        let ask = client.simulate_principal_policy().policy_source_arn(caller).set_marker(marker);
        let ask = ask.set_action_names(Some(Vec::clone(&actions))).set_resource_arns(Some(resources.to_vec()));
        let named = call("iam:SimulatePrincipalPolicy", caller);
        let page = ask.send().await.map_err(|e| named.fault(e))?;
        let refused = page.evaluation_results().iter().filter(|result| *result.eval_decision() != Decision::Allowed);
        denied.extend(refused.map(|result| result.eval_action_name().to_owned()));
        marker = page.marker().map(str::to_owned);
        if marker.is_none() {
            return Ok(denied);
        }
    }
}

fn resources(stage: &Stage, here: &Whereabouts, on: On) -> Vec<String> {
    let Whereabouts { partition, region, account, .. } = here;
    let arn = |service: &str, rest: String| format!("arn:{partition}:{service}:{region}:{account}:{rest}");
    let pool =
        |id: Option<String>| id.map_or_else(|| "*".to_owned(), |id| arn("cognito-idp", format!("userpool/{id}")));
    let tables = &stage.tables;
    // What is given up on is sent to the dead letters by us.
    let queues = |consumer| {
        let names = [stage.queues.of(consumer).to_owned(), stage.queues.dead_letters_of(consumer)];
        names.map(|name| arn("sqs", name)).to_vec()
    };
    match on {
        On::Tables => [&tables.tenants, &tables.registrations, &tables.control_plane]
            .map(|name| arn("dynamodb", format!("table/{name}")))
            .to_vec(),
        On::Bus => vec![arn("events", format!("event-bus/{}", stage.queues.bus))],
        On::ControlPlaneQueue => queues(Consumer::ControlPlane),
        On::ProvisionerQueue => queues(Consumer::Provisioner),
        On::AdminPool => vec![pool(stage.pools.admins.as_ref().map(|pool| pool.id.to_string()))],
        On::PooledPool => vec![pool(stage.pools.pooled.as_ref().map(|pool| pool.id.to_string()))],
        On::Tenants => vec!["*".to_owned()],
    }
}
