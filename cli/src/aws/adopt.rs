//! `tenantry aws adopt`: the tenants of an SBT deployment become ours.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use tenantry_aws::adopt::{Adoption, Told};
use tenantry_aws::sdk;
use tenantry_aws::table::{Database, Deps};
use tenantry_contract::event::Sources;
use tenantry_contract::record::TenantRecord;
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::ids::RandomIds;

use crate::config::aws::{AdoptionSettings, OfAdoption, RoleArgs};

const AFTER: &str = "Each tenant keeps its item and its application plane (placement external) and gets what it lacks: \
                     a claim to its name, a place in lists, its state. Each is one write, and who is ours already is \
                     passed over: it may be stopped and run again. Stop SBT's own control plane first. It ends with 1 \
                     if a tenant could not be adopted.";

/// Adopt the tenants of an SBT deployment
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct AdoptArgs {
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: RoleArgs<OfAdoption>,
}

pub async fn run(args: AdoptArgs) -> anyhow::Result<ExitCode> {
    let AdoptArgs { dry_run, json, settings } = args;
    let mut values = settings.find();
    let read = AdoptionSettings::read(&mut values);
    let AdoptionSettings { tables, catalogue } = values.checked(read)?;
    let sdk = sdk::load().await?;
    let clock = Arc::new(SystemClock::new());
    let ids = Arc::new(RandomIds::new(clock.clone()));
    let database = Database::open(&sdk, tables, Deps { clock, ids, sources: Sources::default() });

    let mut sums = Sums::default();
    let mut list = Vec::new();
    let adoption = Adoption { database: &database, catalogue: &catalogue, dry_run };
    let told = |told: Told| {
        sums.count(&told);
        if json {
            list.extend(as_json(&told));
        } else {
            print(&told, dry_run);
        }
    };
    adoption.run(told).await.context("adopting stopped; run it again to go on")?;
    if json {
        let Sums { adopted, ours, unfit } = sums;
        println!("{}", json!({ "dryRun": dry_run, "adopted": adopted, "ours": ours, "unfit": unfit, "items": list }));
    } else {
        println!("{}", sums.sentence(dry_run));
    }
    Ok(if sums.unfit == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Sums {
    adopted: u64,
    ours: u64,
    unfit: u64,
}

impl Sums {
    fn count(&mut self, told: &Told) {
        match told {
            Told::Adopted(_) => self.adopted += 1,
            Told::Ours => self.ours += 1,
            Told::Unfit(_) => self.unfit += 1,
        }
    }

    fn sentence(&self, dry_run: bool) -> String {
        let Self { adopted, ours, unfit } = self;
        let adopted_are = if dry_run { "would be adopted" } else { "adopted" };
        format!("{adopted} {adopted_are}, {ours} ours before, {unfit} that cannot be adopted as they are")
    }
}

fn print(told: &Told, dry_run: bool) {
    match told {
        Told::Adopted(record) => {
            let TenantRecord { tenant_id, name, tier, status, .. } = &**record;
            let done = if dry_run { "would adopt" } else { "adopted" };
            println!("{done} tenant {tenant_id} ({name}, {tier}, {status})");
        }
        Told::Ours => {}
        Told::Unfit(unfit) => println!("cannot adopt {unfit}"),
    }
}

fn as_json(told: &Told) -> Option<Value> {
    match told {
        Told::Adopted(record) => Some(json!({
            "tenantId": record.tenant_id, "tenantName": record.name, "tier": record.tier, "status": record.status,
        })),
        Told::Ours => None,
        Told::Unfit(unfit) => Some(json!({ "unfit": unfit.what, "why": unfit.why })),
    }
}
