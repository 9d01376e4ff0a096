use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tenantry_aws::data::{DataTable, DynamoTable, Shared};
use tenantry_conformance::make::{START, tenant_id, together};
use tenantry_conformance::subject::{HandClock, Time};
use tenantry_ports::clock::Clock;
use tenantry_ports::data::{DataError, Existing, TenantTable};
use tenantry_ports::ids::Ids;
use tenantry_ports::page::PageRequest;

use crate::fake::{Fake, LIFE, OWN};

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/prod-orders";
const ROLE: &str = "arn:aws:iam::111122223333:role/prod-orders-rows";

struct NoIds;

impl Ids for NoIds {
    fn fill(&self, _: &mut [u8]) {}

    fn fresh(&self) -> String {
        "put".to_owned()
    }
}

struct World {
    fake: Arc<Fake>,
    clock: Arc<HandClock>,
    table: Arc<DynamoTable>,
}

fn table(shared: bool) -> World {
    let clock = Arc::new(HandClock::at(START));
    let fake = Fake::new(Arc::clone(&clock));
    let shared = shared.then(|| Shared { table_arn: TABLE.into(), role_arn: ROLE.into() });
    let spec =
        DataTable { name: "prod-orders".into(), partition_key: "tenantId".into(), sort_key: "orderId".into(), shared };
    let port: Arc<dyn Clock> = clock.clone();
    let table = Arc::new(DynamoTable::new(&fake.sdk(), spec, port, Arc::new(NoIds)));
    World { fake, clock, table }
}

impl World {
    async fn get(&self, tenant: &str) -> Result<(), DataError> {
        self.table.get(&tenant_id(tenant), "1").await.map(drop)
    }

    /// The access keys that DynamoDB was called with.
    fn keys(&self) -> Vec<String> {
        self.fake.called().into_iter().map(|call| call.access_key).collect()
    }

    async fn pass(&self, by: Duration) {
        self.clock.pass(by).await;
    }
}

/// Until it is so; a renewal runs beside the requests.
async fn until(what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap_or_else(|_| panic!("{what}: never"));
}

#[tokio::test]
async fn the_role_is_taken_on_with_exactly_the_tenants_policy() {
    let w = table(true);
    w.get("acme").await.unwrap();
    let assumed = w.fake.assumed();
    assert_eq!(assumed.len(), 1);
    assert_eq!((assumed[0].role.as_str(), assumed[0].session.as_str()), (ROLE, "acme"));
    assert_eq!(assumed[0].seconds, "3600");
    let expected = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OneTenant",
            "Effect": "Allow",
            "Action": [
                "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query",
            ],
            "Resource": [TABLE],
            "Condition": {
                "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["acme"] },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }],
    });
    assert_eq!(serde_json::from_str::<Value>(&assumed[0].policy).unwrap(), expected);
}

#[tokio::test]
async fn every_call_is_made_with_its_tenants_credentials() {
    let w = table(true);
    let calls = async |tenant: &str| {
        let id = tenant_id(tenant);
        w.table.get(&id, "1").await.unwrap();
        w.table.put(&id, "1", Map::new(), Existing::Either).await.unwrap();
        w.table.delete(&id, "1").await.unwrap();
        w.table.list(&id, PageRequest::first(5)).await.unwrap();
    };
    calls("acme").await;
    calls("other").await;
    calls("acme").await;
    let called = w.fake.called();
    let operations: BTreeSet<_> = called.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, BTreeSet::from(["DeleteItem", "GetItem", "PutItem", "Query"]));
    for (n, call) in called.iter().enumerate() {
        let (key, token, tenant) = if n / 4 == 1 {
            ("ASIA-other-2", "token-other-2", "other")
        } else {
            ("ASIA-acme-1", "token-acme-1", "acme")
        };
        assert_eq!((call.access_key.as_str(), call.token.as_deref()), (key, Some(token)), "{call:?}");
        assert!(call.body.to_string().contains(&format!(r#""S":"{tenant}""#)), "{call:?}");
    }
    assert_eq!(w.fake.assumed().len(), 2, "one session for each tenant");
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_call_to_sts_for_each_tenant() {
    let w = table(true);
    let all = together(60, |n| {
        let table = Arc::clone(&w.table);
        async move { table.get(&tenant_id(["a", "b", "c"][n % 3]), "1").await.is_ok() }
    });
    assert!(all.await.into_iter().all(|done| done));
    assert_eq!(w.fake.assumed().len(), 3);
    for call in w.fake.called() {
        let tenant = call.body["Key"]["tenantId"]["S"].as_str().unwrap();
        assert!(call.access_key.starts_with(&format!("ASIA-{tenant}-")), "{call:?}");
    }
}

#[tokio::test]
async fn credentials_are_renewed_before_they_end() {
    let w = table(true);
    w.get("acme").await.unwrap();
    w.pass(LIFE.saturating_sub(Duration::from_secs(301))).await;
    w.get("acme").await.unwrap();
    assert_eq!(w.fake.assumed().len(), 1, "not yet");
    w.pass(Duration::from_secs(2)).await;
    w.get("acme").await.unwrap();
    assert_eq!(w.keys(), ["ASIA-acme-1"; 3], "nobody waits for a renewal");
    until("a renewal", || w.fake.assumed().len() == 2).await;
    let renewed = async || {
        w.get("acme").await.unwrap();
        w.keys().last().is_some_and(|key| key == "ASIA-acme-2")
    };
    while !renewed().await {
        tokio::task::yield_now().await;
    }
    assert_eq!(w.fake.assumed().len(), 2, "once");
}

#[tokio::test]
async fn credentials_near_their_end_are_not_used() {
    let w = table(true);
    w.get("acme").await.unwrap();
    w.pass(LIFE.saturating_sub(Duration::from_secs(20))).await;
    w.get("acme").await.unwrap();
    assert_eq!(w.keys(), ["ASIA-acme-1", "ASIA-acme-2"]);
}

#[tokio::test]
async fn while_the_old_ones_hold_a_failed_renewal_harms_nobody() {
    let w = table(true);
    w.get("acme").await.unwrap();
    w.fake.sts_fails.store(true, Ordering::SeqCst);
    w.pass(LIFE.saturating_sub(Duration::from_secs(200))).await;
    w.get("acme").await.unwrap();
    until("a try", || w.fake.assumed().len() == 2).await;
    for _ in 0..20 {
        w.get("acme").await.unwrap();
    }
    assert_eq!(w.fake.assumed().len(), 2, "it is not tried at every request");
    w.pass(Duration::from_secs(11)).await;
    w.get("acme").await.unwrap();
    until("another try", || w.fake.assumed().len() == 3).await;
    w.pass(Duration::from_secs(170)).await;
    let error = w.get("acme").await.unwrap_err();
    assert!(matches!(error, DataError::Unavailable { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("sts:AssumeRole") && text.contains(ROLE) && text.contains("not yours"), "{text}");
}

#[tokio::test]
async fn refused_credentials_are_not_used_again() {
    let w = table(true);
    w.get("acme").await.unwrap();
    w.get("other").await.unwrap();
    w.fake.refuses.store(true, Ordering::SeqCst);
    let error = w.get("acme").await.unwrap_err();
    assert!(matches!(error, DataError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("dynamodb:GetItem of table prod-orders"), "{error}");
    w.fake.refuses.store(false, Ordering::SeqCst);
    w.get("acme").await.unwrap();
    w.get("other").await.unwrap();
    assert_eq!(w.keys(), ["ASIA-acme-1", "ASIA-other-2", "ASIA-acme-1", "ASIA-acme-3", "ASIA-other-2"]);
}

#[tokio::test]
async fn what_a_policy_denies_does_not_ask_sts_again() {
    let w = table(true);
    w.fake.denies.store(true, Ordering::SeqCst);
    for _ in 0..20 {
        let error = w.get("acme").await.unwrap_err();
        assert!(matches!(error, DataError::Unavailable { .. }), "{error:?}");
    }
    assert_eq!(w.fake.assumed().len(), 1);
    w.fake.denies.store(false, Ordering::SeqCst);
    w.get("acme").await.unwrap();
    assert_eq!(w.keys().last().unwrap(), "ASIA-acme-1");
}

#[tokio::test]
async fn own_tables_are_reached_with_the_processs_own_credentials() {
    let w = table(false);
    w.get("acme").await.unwrap();
    w.table.put(&tenant_id("acme"), "1", Map::new(), Existing::Either).await.unwrap();
    assert_eq!((w.keys(), w.fake.assumed().len()), (vec![OWN.to_owned(); 2], 0));
}

#[tokio::test]
async fn whose_an_item_is_and_its_key_are_not_the_items_to_say() {
    let w = table(false);
    let forged = json!({ "tenantId": "other", "orderId": 7, "tenantry:put": "x", "name": "n" });
    let item = forged.as_object().cloned().unwrap();
    w.table.put(&tenant_id("acme"), "1", item, Existing::Either).await.unwrap();
    let written = w.fake.called()[0].body["Item"].clone();
    let expected = json!({ "tenantId": { "S": "acme" }, "orderId": { "S": "1" }, "tenantry:put": { "S": "put" }, "name": { "S": "n" } });
    assert_eq!(written, expected);
}

#[tokio::test]
async fn keys_that_no_item_has_are_not_asked_for() {
    let w = table(true);
    for key in [String::new(), "x".repeat(1_025)] {
        assert_eq!(w.table.get(&tenant_id("acme"), &key).await.unwrap(), None);
        assert!(!w.table.delete(&tenant_id("acme"), &key).await.unwrap());
        let error = w.table.put(&tenant_id("acme"), &key, Map::new(), Existing::Either).await.unwrap_err();
        assert!(error.to_string().contains("1 to 1024 bytes"), "{error}");
    }
    assert_eq!(w.keys(), Vec::<String>::new());
}
