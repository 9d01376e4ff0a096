//! Rollouts as ECS has them and emulators do not: slow, failing, draining, and running without an answer. What ECS says
//! is edited on its way to us.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tenantry_aws::runtime::Probe;
use tenantry_conformance::runtime::RuntimeSubject;
use tenantry_conformance::runtime::drive::Made;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::{Entry, EntryState, Outputs, Owner};
use tenantry_contract::want::{Desired, Want};
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::{Condition, Inputs, Runtime, RuntimeError, Step};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::emulator::Emulator;
use crate::support::proxy::Proxy;
use crate::world::{World, desired};

/// A premium tenant whose service `shop` runs.
struct Shop {
    world: World,
    proxy: Proxy,
    owner: Owner,
    entry: Entry,
    inputs: Inputs,
}

impl Shop {
    async fn new() -> Self {
        Self::probed(None, Arc::new(Known::default())).await
    }

    async fn probed(probe: Option<Probe>, routes: Arc<Known>) -> Self {
        let emulator = Emulator::ministack();
        let proxy = Proxy::start(&emulator.url).await;
        let world = World::with(&emulator, &proxy.url, probe, routes).await;
        let tenant = desired("premium_1", Placement::DedicatedCluster);
        let subject = RuntimeSubject {
            runtime: world.runtime.clone(),
            stage: Desired { owner: Owner::Stage, tenant: None, wants: vec![Want::Pool, Want::Cluster] },
            tenants: vec![],
            keep: Box::new(()),
        };
        let mut made = Made::default();
        subject.build(&mut made, &subject.stage).await;
        subject.build(&mut made, &tenant).await;
        let owner = tenant.owner;
        let entry = made.of(&owner).find(|entry| entry.resource.id.as_str() == "service/shop").unwrap().clone();
        let inputs = made.inputs(&owner, &entry.resource).unwrap();
        Self { world, proxy, owner, entry, inputs }
    }

    async fn ensure(&self) -> Result<Step<Outputs>, RuntimeError> {
        self.world.runtime.ensure(&self.owner, &self.entry.resource, Some(&self.entry), &self.inputs).await
    }

    async fn waits(&self) -> String {
        match self.ensure().await.unwrap() {
            Step::Pending { why, .. } => why,
            Step::Ready(_) => panic!("it is ready"),
        }
    }

    /// From now on ECS says this of each service.
    fn says(&self, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.proxy.edits("DescribeServices", move |_, answer| {
            answer["services"].as_array_mut().unwrap().iter_mut().for_each(&edit);
        });
    }

    /// And this of a task that stopped.
    fn stopped(&self, reason: &'static str) {
        self.proxy.edits("ListTasks", |asked, answer| {
            assert_eq!(asked["desiredStatus"], "STOPPED");
            *answer = json!({ "taskArns": ["arn:aws:ecs:eu-west-1:1:task/c/1"] });
        });
        self.proxy.edits("DescribeTasks", move |_, answer| {
            let container = json!({ "name": "shop", "exitCode": 2 });
            *answer = json!({ "tasks": [{ "stoppedReason": reason, "containers": [container] }], "failures": [] });
        });
    }

    /// What ECS is asked to change of services from now on.
    fn updates(&self) -> Arc<Mutex<Vec<Value>>> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        self.proxy.edits("UpdateService", move |update, _| noted.lock().unwrap().push(update.clone()));
        asked
    }
}

fn rollout(service: &mut Value, state: &str) {
    service["deployments"][0]["rolloutState"] = state.into();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_that_failed_is_tried_again_and_says_why() {
    let shop = Shop::new().await;
    let updates = shop.updates();
    shop.says(|service| rollout(service, "FAILED"));
    shop.stopped("CannotPullContainerError: manifest for example.com/shop:7 not found");
    let error = shop.ensure().await.unwrap_err();
    assert!(matches!(error, RuntimeError::Transient { retry_after: Some(_), .. }), "{error:?}");
    let said = error.to_string();
    for words in
        ["failed and is tried again", "manifest for example.com/shop:7 not found", "shop ended with exit code 2"]
    {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    let updates = updates.lock().unwrap();
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert_eq!(updates[0]["forceNewDeployment"], true);
}

/// What we have begun again ourselves is not begun again once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_rollout_with_a_newer_one_is_waited_for() {
    let shop = Shop::new().await;
    let updates = shop.updates();
    shop.says(|service| {
        let mut failed = service["deployments"][0].clone();
        rollout(service, "IN_PROGRESS");
        (failed["id"], failed["status"], failed["rolloutState"]) = ("old".into(), "ACTIVE".into(), "FAILED".into());
        service["deployments"].as_array_mut().unwrap().push(failed);
    });
    let note = shop.waits().await;
    assert!(note.contains("is rolling out"), "{note}");
    assert!(updates.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_in_trouble_says_what_it_waits_for() {
    let shop = Shop::new().await;
    shop.says(|service| {
        rollout(service, "IN_PROGRESS");
        service["deployments"][0]["failedTasks"] = 1.into();
        service["deployments"][0]["runningCount"] = 0.into();
    });
    shop.stopped("You've reached the limit on the number of vCPUs you can run concurrently");
    let note = shop.waits().await;
    for words in ["0 of 1 tasks run", "so far: You've reached the limit", "\"Fargate On-Demand vCPU resource count\""] {
        assert!(note.contains(words), "{words:?} in {note}");
    }
}

/// ECS tells of a health check in a service's events only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_trouble_is_passed_on() {
    let shop = Shop::new().await;
    shop.says(|service| {
        rollout(service, "IN_PROGRESS");
        let event = |at: f64, message: &str| json!({ "id": "e", "createdAt": at, "message": message });
        let newest = event(4e9, "(service shop) failed container health checks.");
        service["events"] = json!([newest, event(1e9, "(service shop) was unable to place a task, long ago.")]);
    });
    let note = shop.waits().await;
    assert!(note.contains("so far: (service shop) failed container health checks."), "{note}");
}

fn network(service: &mut Value) -> &mut Value {
    &mut service["networkConfiguration"]["awsvpcConfiguration"]
}

/// Each of them is noticed by the look for drift, and set again by the step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_of_a_service_by_hand_is_set_again() {
    type Change = fn(&mut Value);
    let shop = Shop::new().await;
    let sound = || async { shop.world.runtime.inspect(&shop.owner, &shop.entry).await.unwrap() };
    assert_eq!(sound().await, Condition::Sound);
    let changes: [(&str, Change); 5] = [
        ("other subnets", |service| network(service)["subnets"] = json!(["subnet-other"])),
        ("other security groups", |service| network(service)["securityGroups"] = json!(["sg-other"])),
        ("other addresses", |service| network(service)["assignPublicIp"] = "ENABLED".into()),
        ("registered elsewhere", |service| {
            service["serviceRegistries"] = json!([{ "registryArn": "arn:aws:servicediscovery:other" }]);
        }),
        ("no circuit breaker", |service| {
            let breaker = json!({ "enable": false, "rollback": false });
            service["deploymentConfiguration"] = json!({ "deploymentCircuitBreaker": breaker });
        }),
    ];
    for (words, change) in changes {
        shop.says(change);
        let condition = sound().await;
        assert!(matches!(&condition, Condition::Drifted(how) if how.contains(words)), "{words}: {condition:?}");
        let updates = shop.updates();
        let note = shop.waits().await;
        assert!(note.contains("is being changed"), "{note}");
        let updates = updates.lock().unwrap();
        assert_eq!(updates.len(), 1, "{words}: {updates:?}");
        assert_eq!(updates[0]["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"], true);
        assert_ne!(updates[0]["networkConfiguration"]["awsvpcConfiguration"]["subnets"], json!(["subnet-other"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_drains_is_waited_out() {
    let shop = Shop::new().await;
    shop.says(|service| service["status"] = "DRAINING".into());
    let note = shop.waits().await;
    assert!(note.contains("an earlier service") && note.contains("still draining"), "{note}");
    let removing = EntryState::Removing { outputs: shop.entry.outputs().cloned().unwrap() };
    let removing = Entry { resource: shop.entry.resource.clone(), state: removing };
    let removed = shop.world.runtime.remove(&shop.owner, &removing).await.unwrap();
    assert!(matches!(&removed, Step::Pending { why, .. } if why.contains("is draining")), "{removed:?}");
    shop.says(|service| service["status"] = "INACTIVE".into());
    assert_eq!(shop.world.runtime.remove(&shop.owner, &removing).await.unwrap(), Step::Ready(()));
}

/// Where services are found, as it is set.
#[derive(Default)]
struct Known(Mutex<Option<SocketAddr>>);

#[async_trait]
impl Routes for Known {
    async fn locate(&self, _: &Owner, _: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError> {
        Ok(*self.0.lock().unwrap())
    }

    fn forget(&self, _: &Owner, _: &ServiceName, _: SocketAddr) {}
}

/// Something that answers every request so.
async fn answers(status: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_ready_when_it_answers() {
    let routes = Arc::new(Known(Mutex::new(Some(answers("200 OK").await))));
    let shop = Shop::probed(Some(Probe { patience: Duration::from_secs(5) }), routes.clone()).await;
    assert!(matches!(shop.ensure().await.unwrap(), Step::Ready(_)));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (address, words) in [
        (None, "has no address yet".to_owned()),
        (Some(closed), format!("cannot be reached at {closed}")),
        (Some(answers("503 Service Unavailable").await), "answers 503 Service Unavailable at /shop/health".to_owned()),
    ] {
        *routes.0.lock().unwrap() = address;
        let note = shop.waits().await;
        assert!(note.contains(&words), "{words:?} in {note}");
    }
}
