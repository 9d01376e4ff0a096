//! 500 of them, half with a cluster of their own.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tenantry_aws::limits::{Limits, Share};
use tenantry_aws::runtime::{Deps, EcsRuntime};
use tenantry_conformance::make::{START, new_tenant, worker};
use tenantry_contract::catalogue::{Catalogue, Placement};
use tenantry_contract::event::{Event, Report, Sources};
use tenantry_contract::status::Status;
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{self, Database};
use tenantry_ports::bus::{Bus as _, Consumer};
use tenantry_ports::clock::Clock;
use tenantry_ports::ids::Ids;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Listed, TenantStore as _};
use tenantry_provisioner::{Engine, EngineConfig, EngineDeps};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account::Account;
use crate::stage::{CATALOGUE, Nowhere, Stage};
use crate::support::emulator::Emulator;
use crate::support::ids::TestIds;
use crate::wire::Wire;

const TENANTS: usize = 500;
const PROVISIONERS: u32 = 2;

/// What is made for each of so many tenants and for the stage, and nothing else is.
const MADE: &[(&str, usize, usize, usize)] = &[
    ("cognito-idp:AdminCreateUser", 1, TENANTS, 0),
    ("cognito-idp:CreateUserPool", 1, TENANTS, 0),
    ("cognito-idp:CreateUserPoolClient", 1, TENANTS, 0),
    ("cognito-idp:CreateUserPoolDomain", 1, TENANTS, 0),
    // Who has a cluster has tables, too.
    ("dynamodb:CreateTable", 1, TENANTS / 2, 0),
    ("dynamodb:UpdateContinuousBackups", 1, TENANTS / 2, 1),
    ("ec2:AuthorizeSecurityGroupIngress", 1, TENANTS, 1),
    ("ec2:CreateSecurityGroup", 1, TENANTS, 1),
    ("ecs:CreateCluster", 1, TENANTS / 2, 0),
    ("ecs:CreateService", 2, TENANTS, 2),
    ("ecs:RegisterTaskDefinition", 2, TENANTS, 2),
    ("iam:CreateRole", 1, TENANTS, 2),
    ("iam:PutRolePolicy", 1, TENANTS, 2),
    ("logs:CreateLogGroup", 1, TENANTS, 1),
    ("logs:PutRetentionPolicy", 1, TENANTS, 1),
    ("servicediscovery:CreateService", 2, TENANTS, 2),
];

/// As a provisioner has it on AWS.
fn config() -> EngineConfig {
    let lease = Duration::from_secs(60);
    EngineConfig {
        lease,
        spare: lease / 2,
        call_limit: lease * 7 / 15,
        poll: Duration::from_secs(2),
        flush: Duration::from_secs(1),
        stage_fresh: Duration::from_secs(60),
        stage_wait: Duration::from_secs(2),
        sweep: Duration::from_secs(24 * 3600),
        drift: Duration::from_secs(24 * 3600),
        forgetful_runtime: false,
        ..EngineConfig::default()
    }
}

/// What a control plane does with reports.
async fn take_reports(store: Database, stop: CancellationToken) {
    let inbox = store.inbox(Consumer::ControlPlane);
    while !stop.is_cancelled() {
        let batch = inbox.receive(256, Duration::from_secs(1), Duration::from_secs(30)).await.unwrap();
        for delivery in batch {
            if let Some(report) = Report::from_event(&Event::parse(&delivery.body).unwrap()).unwrap() {
                store.apply(report).await.unwrap();
            }
            inbox.ack(vec![delivery.receipt]).await.unwrap();
        }
    }
}

async fn so_many(store: &Database, status: Status) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let page = store.tenants(PageRequest { limit: 100, after }).await.unwrap();
        let records = page.items.into_iter().filter_map(Listed::record);
        count += records.filter(|record| record.status == status).count();
        after = page.next;
        if after.is_none() {
            return count;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_dedicated_tenants_stay_within_what_aws_allows_and_all_end() {
    let emulator = Emulator::ministack();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::at(START));
    let ids: Arc<dyn Ids> = Arc::new(TestIds::new(clock.clone()));
    let stage = Stage::make(&emulator, &emulator.config_by(Wire::new(None)).await, clock.clone()).await;
    let deps = database::Deps { clock: clock.clone(), ids: ids.clone(), sources: Sources::default() };
    let store = Database::in_memory(deps).unwrap();
    for n in 0..TENANTS {
        let placements = [Placement::DedicatedServices, Placement::DedicatedCluster];
        store.register(new_tenant(&format!("t{n}"), placements[n % 2]), None).await.unwrap();
    }

    let account = Arc::new(Account::new());
    let wire = Wire::new(Some(account.clone()));
    let sdk = emulator.config_by(wire.clone()).await;
    let catalogue = Arc::new(Catalogue::parse(CATALOGUE).unwrap());
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    tasks.spawn(take_reports(store.clone(), stop.clone()));
    for n in 0..PROVISIONERS {
        let limits = Limits::new(Share::one_of(NonZeroU32::new(PROVISIONERS).unwrap()));
        let deps = Deps {
            catalogue: catalogue.clone(),
            limits: limits.clone(),
            pools: Arc::new(stage.identity(&sdk, limits)),
            routes: Arc::new(Nowhere),
            clock: clock.clone(),
        };
        let runtime = EcsRuntime::new(&sdk, stage.place.clone(), deps).unwrap();
        let engine = EngineDeps {
            work: Arc::new(store.clone()),
            tenants: Arc::new(store.clone()),
            orphans: Arc::new(store.clone()),
            runtime: Arc::new(runtime),
            bus: Arc::new(store.clone()),
            clock: clock.clone(),
            ids: ids.clone(),
            catalogue: catalogue.clone(),
            worker: worker(n as usize),
        };
        tasks.spawn(Engine::new(engine, config()).run(stop.clone()));
    }

    // Nothing ends an operation past its deadline here: who is not there in time stays on the way.
    let budget = Duration::from_millis(Placement::DedicatedServices.default_budget().work_ms);
    while so_many(&store, Status::InProgress).await > 0 && account.since_start() < budget {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let took = account.since_start();
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(so_many(&store, Status::Created).await, TENANTS, "after {took:?}");
    account.hold_against_what_aws_allows();
    let made = MADE.iter().map(|(name, each, of, stage)| ((*name).to_owned(), each * of + stage));
    assert_eq!(wire.changes(), made.collect(), "nothing is made twice");
    // With time to spare before the first of them has been at it for too long.
    assert!(took < budget.mul_f64(0.8), "{took:?} of {budget:?}");
}
