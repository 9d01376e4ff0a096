//! A deployment of SBT, of which there are its tables, its items and its application plane: adopted and served.

use std::collections::HashMap;
use std::process::Output;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use reqwest::Method;
use serde_json::{Value, json};
use tenantry_aws::table::{Tables, create, to_value};

use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(60);
/// As `CloudFormation` names tables.
const TENANTS: &str = "ControlPlaneStack-TenantDetails5A1B-1QX";
const REGISTRATIONS: &str = "ControlPlaneStack-TenantRegistration7C2D-9KZ";

async fn put(stage: &Stage, table: &str, members: Value) {
    let Value::Object(members) = members else { panic!("{members} is no item") };
    let item: HashMap<_, _> = members.into_iter().map(|(name, value)| (name, to_value(&value).unwrap())).collect();
    let request = aws_sdk_dynamodb::Client::new(&stage.sdk).put_item().table_name(table);
    request.set_item(Some(item)).send().await.unwrap();
}

/// As SBT's functions write a tenant.
async fn tenant(stage: &Stage, name: &str, tier: &str, status: &str) {
    let (tenant, registration) = (format!("ten-{name}"), format!("reg-{name}"));
    let config = r#"{"userPoolId":"eu-west-1_sbt","appClientId":"c1","apiGatewayUrl":"https://x.example.com/prod/"}"#;
    let item = json!({
        "tenantId": tenant, "tenantRegistrationId": registration, "tenantName": name, "tier": tier,
        "email": format!("ada@{name}.example.com"), "sbtaws_active": true, "tenantConfig": config,
        "prices": r#"[{"id":"price_1","metricName":"productsSold"}]"#, "account": "4711",
    });
    put(stage, TENANTS, item).await;
    let item = json!({
        "tenantRegistrationId": registration, "tenantId": tenant, "registrationStatus": status, "sbtaws_active": true,
        "campaign": "spring",
    });
    put(stage, REGISTRATIONS, item).await;
}

fn adopt(stage: &Stage, more: &[&str]) -> Output {
    let mut command = command(stage, "aws");
    command.arg("adopt").args(more).env("TENANTRY_TENANTS_TABLE", TENANTS);
    command.env("TENANTRY_REGISTRATIONS_TABLE", REGISTRATIONS).output().unwrap()
}

/// An application plane of SBT's kind.
struct ApplicationPlane<'a> {
    stage: &'a Stage,
    queue: String,
}

impl<'a> ApplicationPlane<'a> {
    async fn new(stage: &'a Stage) -> Self {
        let (sqs, events) = (aws_sdk_sqs::Client::new(&stage.sdk), aws_sdk_eventbridge::Client::new(&stage.sdk));
        let (bus, name) = (format!("{}-bus", stage.name), "sbt-jobs");
        let queue = sqs.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap();
        let pattern = json!({ "source": ["sbt.control.plane"] }).to_string();
        events.put_rule().name(name).event_bus_name(&bus).event_pattern(pattern).send().await.unwrap();
        let arn = format!("arn:aws:sqs:{}:{}:{name}", crate::stage::REGION, stage.account);
        let target = Target::builder().id(name).arn(arn).build().unwrap();
        events.put_targets().rule(name).event_bus_name(&bus).targets(target).send().await.unwrap();
        Self { stage, queue }
    }

    /// The detail of the next event of this name.
    async fn asked(&self, name: &str) -> Value {
        let sqs = aws_sdk_sqs::Client::new(&self.stage.sdk);
        eventually(&format!("{name} on the bus"), PATIENCE, async || {
            let got = sqs.receive_message().queue_url(&self.queue).wait_time_seconds(1).send().await.unwrap();
            let event: Value = serde_json::from_str(got.messages().first()?.body()?).unwrap();
            (event["detail-type"] == format!("sbt_aws_{name}")).then(|| event["detail"].clone())
        })
        .await
    }

    async fn reports(&self, name: &str, detail: Value) {
        let entry = PutEventsRequestEntry::builder().event_bus_name(format!("{}-bus", self.stage.name));
        let entry = entry.source("sbt.application.plane").detail_type(format!("sbt_aws_{name}"));
        let entry = entry.detail(detail.to_string()).build();
        let put = aws_sdk_eventbridge::Client::new(&self.stage.sdk).put_events().entries(entry).send().await.unwrap();
        assert_eq!(put.failed_entry_count, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sbt_deployment_is_adopted_and_served() {
    let stage = Stage::new().await;
    let ours = Tables::prefixed(&stage.name).control_plane;
    let names = Tables { tenants: TENANTS.into(), registrations: REGISTRATIONS.into(), control_plane: ours };
    create(&aws_sdk_dynamodb::Client::new(&stage.sdk), &names).await.unwrap();
    tenant(&stage, "acme", "basic", "Created").await;
    tenant(&stage, "bolt", "premium", "In progress").await;
    tenant(&stage, "Coil & Co", "basic", "Created").await;

    let said = adopt(&stage, &["--dry-run"]);
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(1), "one of them is unfit: {text}");
    assert!(text.contains("would adopt tenant ten-acme (acme, basic, Created)"), "{text}");
    assert!(text.contains("cannot adopt tenant ten-Coil & Co: "), "{text}");
    assert!(text.ends_with("2 would be adopted, 0 ours before, 1 that cannot be adopted as they are\n"), "{text}");

    // What somebody is told to do.
    let delete = aws_sdk_dynamodb::Client::new(&stage.sdk).delete_item().table_name(TENANTS);
    delete.key("tenantId", AttributeValue::S("ten-Coil & Co".into())).send().await.unwrap();
    let delete = aws_sdk_dynamodb::Client::new(&stage.sdk).delete_item().table_name(REGISTRATIONS);
    delete.key("tenantRegistrationId", AttributeValue::S("reg-Coil & Co".into())).send().await.unwrap();
    tenant(&stage, "coil", "basic", "Created").await;
    let said = adopt(&stage, &["--json"]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((&said["adopted"], &said["unfit"], &said["dryRun"]), (&json!(3), &json!(0), &json!(false)), "{said}");
    let again: Value = serde_json::from_slice(&adopt(&stage, &["--json"]).stdout).unwrap();
    assert_eq!((&again["adopted"], &again["ours"]), (&json!(0), &json!(3)), "{again}");

    let plane = ApplicationPlane::new(&stage).await;
    let mut control_plane = command(&stage, "control-plane");
    control_plane.env("TENANTRY_TENANTS_TABLE", TENANTS).env("TENANTRY_REGISTRATIONS_TABLE", REGISTRATIONS);
    let role = Role::spawn(control_plane);
    let client = Client::at(&role.url, "", &stage.admin("ada").await);
    let listed = client.admin(Method::GET, "/tenants", None).await.body;
    let names: Vec<_> = listed["data"].as_array().unwrap().iter().map(|t| t["tenantName"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme", "bolt", "coil"], "{listed}");
    assert_eq!(client.tenant_config("acme").await["userPoolId"], "eu-west-1_sbt");
    let taken = json!({ "tenantData": { "tenantName": "acme", "email": "a@b.example.com", "tier": "basic" } });
    assert_eq!(client.admin(Method::POST, "/tenant-registrations", Some(&taken)).await.status, 409);

    // What was under way ends by the report that SBT's job would have sent anyway.
    let output =
        json!({ "tenantData": { "colour": "red" }, "tenantRegistrationData": { "registrationStatus": "Created" } });
    plane.reports("provisionSuccess", json!({ "tenantRegistrationId": "reg-bolt", "jobOutput": output })).await;
    client.until("reg-bolt", "Created", PATIENCE).await;
    let bolt = client.admin(Method::GET, "/tenants/ten-bolt", None).await.body;
    assert_eq!((&bolt["data"]["colour"], &bolt["data"]["account"]), (&json!("red"), &json!("4711")), "{bolt}");

    let change = json!({ "phone": "1" });
    let changed = client.admin(Method::PUT, "/tenants/ten-acme", Some(&change)).await;
    assert_eq!((changed.status.as_u16(), &changed.body["data"]["phone"]), (200, &json!("1")), "{}", changed.body);
    client.offboard("reg-acme").await;
    let asked = plane.asked("offboardingRequest").await;
    for (member, value) in [
        ("tenantId", "ten-acme"),
        ("tenantRegistrationId", "reg-acme"),
        ("tenantName", "acme"),
        ("tier", "basic"),
        ("account", "4711"),
        ("campaign", "spring"),
        ("phone", "1"),
    ] {
        assert_eq!(asked[member], value, "{member} in {asked}");
    }
    let output = json!({ "tenantRegistrationData": { "registrationStatus": "Deleted" } });
    plane.reports("deprovisionSuccess", json!({ "tenantRegistrationId": "reg-acme", "jobOutput": output })).await;
    client.until("reg-acme", "Deleted", PATIENCE).await;

    let table = aws_sdk_dynamodb::Client::new(&stage.sdk).get_item().table_name(REGISTRATIONS);
    let item =
        table.key("tenantRegistrationId", AttributeValue::S("reg-acme".into())).send().await.unwrap().item.unwrap();
    assert_eq!(item["registrationStatus"].as_s().unwrap(), "Deleted", "whoever reads SBT's table sees it there");
}
