//! A tenant's role: compared to the letter, removed with all it was given; and credentials of ours that expire.

use std::sync::Arc;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::resource::{Entry, EntryState, Need, Outputs, Resource, ResourceId};
use tenantry_ports::runtime::{Condition, Inputs, Runtime as _, Step};

use crate::support::emulator::Emulator;
use crate::support::proxy::{Fault, Proxy};
use crate::world::{Nowhere, World, desired};

const TENANT: &str = "premium-1";

fn resource(world: &World, kind: &str) -> Resource {
    let all = world.runtime.lower(&desired(TENANT, Placement::DedicatedCluster)).unwrap();
    all.into_iter().find(|resource| resource.kind == kind).unwrap()
}

/// Of the pool, whose users the role manages.
fn inputs() -> Inputs {
    let pool = Outputs::from([("userPoolId".to_owned(), "eu-west-1_own".to_owned())]);
    Inputs::from([(Need::Own(ResourceId::new("pool", "users")), pool)])
}

/// Made, as an inventory has it.
async fn made(world: &World) -> Entry {
    let (owner, role) = (desired(TENANT, Placement::DedicatedCluster).owner, resource(world, "task-role"));
    loop {
        if let Step::Ready(outputs) = world.runtime.ensure(&owner, &role, None, &inputs()).await.unwrap() {
            return Entry { resource: role, state: EntryState::Present { outputs } };
        }
    }
}

fn name(entry: &Entry) -> String {
    entry.resource.spec["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_policy_that_allows_more_has_drifted_and_is_mended() {
    let world = World::at(&Emulator::ministack()).await;
    let owner = desired(TENANT, Placement::DedicatedCluster).owner;
    let entry = made(&world).await;
    assert_eq!(world.runtime.inspect(&owner, &entry).await.unwrap(), Condition::Sound);
    let iam = aws_sdk_iam::Client::new(&world.sdk);
    let policy = || async {
        let got = iam.get_role_policy().role_name(name(&entry)).policy_name("tenant").send().await.unwrap();
        percent_encoding::percent_decode_str(got.policy_document()).decode_utf8().unwrap().into_owned()
    };
    let before = policy().await;
    assert!(before.contains("userpool/eu-west-1_own") && before.contains("own-pool#premium-1"), "{before}");
    let open = before.replace("\"dynamodb:LeadingKeys\":\"false\"", "\"dynamodb:LeadingKeys\":\"true\"");
    assert_ne!(open, before);
    let put = iam.put_role_policy().role_name(name(&entry)).policy_name("tenant");
    put.policy_document(open).send().await.unwrap();
    let condition = world.runtime.inspect(&owner, &entry).await.unwrap();
    assert!(matches!(&condition, Condition::Drifted(how) if how.contains("what it may do")), "{condition:?}");
    let mended = made(&world).await;
    assert_eq!(world.runtime.inspect(&owner, &mended).await.unwrap(), Condition::Sound);
    assert_eq!(policy().await, before);
}

/// AWS gives a hundred on a page.
#[tokio::test(flavor = "multi_thread")]
async fn it_goes_with_more_policies_than_a_page_has() {
    let world = World::at(&Emulator::moto()).await;
    let owner = desired(TENANT, Placement::DedicatedCluster).owner;
    let entry = made(&world).await;
    let iam = aws_sdk_iam::Client::new(&world.sdk);
    let nothing = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    for number in 0..101 {
        let create = iam.create_policy().policy_name(format!("{}-{number}", world.place.stage));
        let made = create.policy_document(nothing).send().await.unwrap().policy.unwrap();
        iam.attach_role_policy().role_name(name(&entry)).policy_arn(made.arn().unwrap()).send().await.unwrap();
    }
    assert_eq!(world.runtime.remove(&owner, &entry).await.unwrap(), Step::Ready(()));
    let gone = world.runtime.inspect(&owner, &entry).await.unwrap();
    assert!(matches!(&gone, Condition::Drifted(how) if how.contains("not there")), "{gone:?}");
}

/// Each answer is lost, and to the SDK's next try the thing is not there.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_unanswered_is_gone_all_the_same() {
    let emulator = Emulator::ministack();
    let proxy = Proxy::start(&emulator.url).await;
    let world = World::with(&emulator, &proxy.url, None, Arc::new(Nowhere)).await;
    let owner = desired(TENANT, Placement::DedicatedCluster).owner;
    let entry = made(&world).await;
    let iam = aws_sdk_iam::Client::new(&world.sdk);
    let nothing = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    let create = iam.create_policy().policy_name(format!("{}-extra", world.place.stage));
    let extra = create.policy_document(nothing).send().await.unwrap().policy.unwrap();
    iam.attach_role_policy().role_name(name(&entry)).policy_arn(extra.arn().unwrap()).send().await.unwrap();
    for operation in ["DeleteRolePolicy", "DetachRolePolicy", "DeleteRole"] {
        proxy.next(operation, [Fault::ErrorAfter]);
    }
    assert_eq!(world.runtime.remove(&owner, &entry).await.unwrap(), Step::Ready(()));
    assert_eq!(proxy.failed(), 3);
}

/// An onboarding is not given up for it: credentials are renewed without us.
#[tokio::test(flavor = "multi_thread")]
async fn expired_credentials_are_no_end_in_any_services_words() {
    let emulator = Emulator::ministack();
    let proxy = Proxy::start(&emulator.url).await;
    let world = World::with(&emulator, &proxy.url, None, Arc::new(Nowhere)).await;
    let owner = desired(TENANT, Placement::DedicatedCluster).owner;
    for (kind, operation, code) in [
        ("security-group", "DescribeSecurityGroups", "RequestExpired"),
        ("task-role", "GetRole", "ExpiredToken"),
        ("log-group", "DescribeLogGroups", "ExpiredTokenException"),
    ] {
        proxy.next(operation, [Fault::Expired; 8]);
        let failed = world.runtime.ensure(&owner, &resource(&world, kind), None, &inputs()).await.unwrap_err();
        assert!(failed.retryable() && failed.to_string().contains(code), "{failed}");
    }
}
