//! `tenantry aws check`: what a stage lacks, and how to mend it.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use tenantry_aws::check::{self, Actor, Site, Stage};
use tenantry_aws::sdk;
use tenantry_contract::want::Want;
use tenantry_provisioner::plan;

use crate::config::aws::{Everything, Placing, Resolve, Role, RoleArgs, Setting, Told};

const AFTER: &str = "It looks at credentials, tables, bus, rules, queues, user pools, the place of tenants' services, \
                     shared tables, pooled services, permissions and quotas, changes nothing, and ends with 1 if something is missing or wrong. What \
                     it says is advice: no role asks for it at its start. Quotas are counted for a provisioner.";

/// Look for what a stage lacks, and say how to mend it
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct CheckArgs {
    /// Look at what one role needs only
    #[arg(long)]
    role: Option<Which>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: RoleArgs<Everything>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    ControlPlane,
    Provisioner,
    Gateway,
}

impl Which {
    const fn role(self) -> Role {
        match self {
            Self::ControlPlane => Role::ControlPlane,
            Self::Provisioner => Role::Provisioner,
            Self::Gateway => Role::Gateway,
        }
    }
}

pub async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let CheckArgs { role, json, settings } = args;
    let roles: Vec<Role> = role.map_or_else(|| Role::ALL.to_vec(), |which| vec![which.role()]);
    let mut values = settings.find_those(|setting: &Setting| setting.roles.iter().any(|role| roles.contains(role)));
    let has = |role| roles.contains(&role);
    let told = Told::read(&mut values);
    let placing = if has(Role::Provisioner) { Placing::read(&mut values).map(Some) } else { Some(None) };
    let placed = has(Role::Provisioner) || has(Role::Gateway);
    let resolve = if placed { Resolve::read(&mut values).map(Some) } else { Some(None) };
    let (told, (placing, resolve)) = values.checked(told.zip(placing.zip(resolve)))?;
    let stage = Stage {
        actors: roles.iter().map(|role| actor(*role)).collect(),
        tables: told.state.tables,
        queues: told.state.queues,
        sources: told.common.sources,
        pools: told.state.pools,
        namespaces: resolve.map(|resolve| resolve.namespaces).unwrap_or_default(),
        site: placing.map(|placing| site(placing, plan::stage(&told.common.catalogue))),
    };
    let sdk = sdk::load().await?;
    let (mut bad, mut all) = (0_u32, Vec::new());
    check::check(&sdk, &stage, |finding| {
        bad += u32::from(finding.state.is_bad());
        if json {
            all.push(finding);
        } else {
            println!("{finding}");
        }
    })
    .await;
    if json {
        println!("{}", json!({ "bad": bad, "findings": all }));
    } else if bad > 0 {
        println!("{bad} missing or wrong");
    }
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const fn actor(role: Role) -> Actor {
    match role {
        Role::ControlPlane => Actor::ControlPlane,
        Role::Provisioner => Actor::Provisioner,
        Role::Gateway => Actor::Gateway,
    }
}

fn site(placing: Placing, pooled: Vec<Want>) -> Site {
    Site {
        cluster: placing.cluster,
        subnets: placing.subnets,
        gateway_group: placing.gateway_group,
        provisioner_group: placing.provisioner_group,
        execution_role: placing.execution_role,
        boundary: placing.boundary,
        pooled,
        shared_tables: placing.shared_tables,
    }
}
