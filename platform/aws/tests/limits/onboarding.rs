//! 500 dedicated tenants that are onboarded at once.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_aws::limits::{Batch, Busy, Family, Limits, Poller, Share};
use tenantry_contract::catalogue::Placement;
use tenantry_ports::runtime::Step;
use tokio::task::JoinSet;

use crate::account::Account;

const TENANTS: usize = 500;
const SERVICES: usize = 3;
/// Processes, and how many tenants each works on at once.
const PROVISIONERS: usize = 2;
const WORKERS: usize = 32;
/// How long ECS takes to start a service.
const STARTS_IN: Duration = Duration::from_secs(45);

/// What one tenant's onboarding calls, in order, service status aside.
fn calls() -> Vec<Family> {
    use Family::*;
    let mut calls = vec![
        CognitoPoolRead,
        CognitoPoolUpdate,
        CognitoClientRead,
        CognitoClientUpdate,
        CognitoPoolResourceRead,
        CognitoPoolResourceUpdate,
        CognitoUserCreation,
        Ec2Reads,
        Ec2Changes,
        Ec2Changes,
        IamReads,
        IamChanges,
        IamChanges,
        LogChanges,
        LogChanges,
        EcsClusterReads,
        EcsClusters,
        TableChanges,
        TableReads,
    ];
    for _ in 0..SERVICES {
        calls.extend([EcsTaskDefinitionReads, EcsTaskDefinitions, CloudMapReads, CloudMapChanges, EcsServices]);
    }
    calls
}

/// Asks ECS for the status of services.
struct Status {
    limits: Limits,
    account: Arc<Account>,
}

#[async_trait]
impl Batch for Status {
    type Group = usize;
    type Key = usize;
    type Answer = ();
    type Error = Busy;
    const MOST: usize = 10;

    async fn ask(&self, _cluster: &usize, names: Vec<usize>) -> Result<HashMap<usize, ()>, Busy> {
        self.limits.take(Family::EcsServiceReads).await?;
        self.account.call(Family::EcsServiceReads);
        Ok(names.into_iter().map(|name| (name, ())).collect())
    }
}

/// Those to be looked at, with when.
type Queue = Mutex<Vec<(tokio::time::Instant, usize, Tenant)>>;

/// As the engine goes about it: a step is made, or is told to come back later.
struct Tenant {
    left: VecDeque<Family>,
    started: Option<tokio::time::Instant>,
}

struct Provisioner {
    limits: Limits,
    poller: Poller<Status>,
    account: Arc<Account>,
}

impl Provisioner {
    async fn step(&self, id: usize, tenant: &mut Tenant) -> Step<()> {
        while let Some(family) = tenant.left.front().copied() {
            if let Err(busy) = self.limits.take(family).await {
                return busy.pending();
            }
            self.account.call(family);
            tenant.left.pop_front();
        }
        let started = *tenant.started.get_or_insert_with(tokio::time::Instant::now);
        // Half of the tenants share a cluster.
        let cluster = if id.is_multiple_of(2) { 0 } else { id };
        let polls = (0..SERVICES).map(|service| self.poller.ask(cluster, id * SERVICES + service));
        for answer in futures::future::join_all(polls).await {
            if answer.is_err() {
                return Step::Pending { after: Duration::from_secs(1), why: "ECS is asked too often".to_owned() };
            }
        }
        if started.elapsed() < STARTS_IN {
            return Step::Pending { after: Duration::from_secs(5), why: "the services start".to_owned() };
        }
        Step::Ready(())
    }

    /// Works on whatever is due until all are done.
    async fn work(&self, tenants: &Queue, done: &Mutex<usize>, all: usize) {
        while *done.lock().unwrap() < all {
            let now = tokio::time::Instant::now();
            let due = {
                let mut tenants = tenants.lock().unwrap();
                let first = tenants.iter().enumerate().filter(|(_, t)| t.0 <= now).min_by_key(|(_, t)| t.0);
                first.map(|(n, _)| n).map(|n| tenants.swap_remove(n))
            };
            let Some((_, id, mut tenant)) = due else {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            match self.step(id, &mut tenant).await {
                Step::Ready(()) => *done.lock().unwrap() += 1,
                Step::Pending { after, .. } => {
                    tenants.lock().unwrap().push((tokio::time::Instant::now() + after, id, tenant));
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_tenants_at_once_stay_within_what_aws_allows_and_all_end() {
    let account = Arc::new(Account::new());
    let mut provisioners = JoinSet::new();
    for process in 0..PROVISIONERS {
        let limits = Limits::new(Share::one_of(NonZeroU32::new(u32::try_from(PROVISIONERS).unwrap()).unwrap()));
        let status = Status { limits: limits.clone(), account: Arc::clone(&account) };
        let poller = Poller::new(status, Duration::from_millis(200));
        let provisioner = Arc::new(Provisioner { limits, poller, account: Arc::clone(&account) });
        let now = tokio::time::Instant::now();
        let ids: Vec<_> = (process..TENANTS).step_by(PROVISIONERS).collect();
        let all = ids.len();
        let tenant = |id| (now, id, Tenant { left: calls().into(), started: None });
        let tenants = Arc::new(Mutex::new(ids.into_iter().map(tenant).collect::<Vec<_>>()));
        let done = Arc::new(Mutex::new(0));
        for _ in 0..WORKERS {
            let (provisioner, tenants, done) = (Arc::clone(&provisioner), Arc::clone(&tenants), Arc::clone(&done));
            provisioners.spawn(async move { provisioner.work(&tenants, &done, all).await });
        }
    }
    while let Some(ended) = provisioners.join_next().await {
        ended.unwrap();
    }
    account.hold_against_what_aws_allows();
    for family in calls() {
        let expected = calls().iter().filter(|f| **f == family).count() * TENANTS;
        assert_eq!(account.calls(family).len(), expected, "{family}");
    }
    // Task definitions are what it takes longest for, at one a second; nothing else adds much to it.
    let most = Family::EcsTaskDefinitions.rate();
    let at_best =
        Duration::from_secs(((TENANTS * SERVICES) as u64 - u64::from(most.burst)) / u64::from(most.per_second));
    assert!(account.since_start() > at_best);
    assert!(account.since_start() < at_best.mul_f64(1.3), "{:?} where {at_best:?} is the least", account.since_start());
    // With time to spare before the first of them has been at it for too long.
    let budget = Duration::from_millis(Placement::DedicatedServices.default_budget().work_ms);
    assert!(account.since_start() < budget.mul_f64(0.8), "{:?} of {budget:?}", account.since_start());
}
