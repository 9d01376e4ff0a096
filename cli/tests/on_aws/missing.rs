//! Roles that are at work when something they need is gone: they say what, bear it, and go on when it is back.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::proxy::{Fault, Proxy};
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(60);

async fn says(role: &Role, words: &[&str]) {
    let what = format!("{words:?} in the log");
    eventually(&what, PATIENCE, || async {
        role.log().lines().any(|line| words.iter().all(|word| line.contains(word))).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_expire_are_named_and_renewed_without_a_restart() {
    let stage = Stage::new().await;
    let proxy = Proxy::start(&stage.url).await;
    let mut command = command(&stage, "control-plane");
    command.env("AWS_ENDPOINT_URL", &proxy.url);
    let role = Role::spawn(command);
    let client = Client::at(&role.url, "", &stage.admin("ada").await);
    proxy.next("TransactWriteItems", [Fault::Expired; 3]);
    let tenant = json!({ "tenantData": { "tenantName": "acme", "email": "a@acme.example.com", "tier": "basic" } });
    let answer = client.admin(Method::POST, "/tenant-registrations", Some(&tenant)).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(!answer.body.to_string().contains("ExpiredToken"), "clients are not told of our account: {}", answer.body);
    says(&role, &["dynamodb:TransactWriteItems of table", "ExpiredTokenException"]).await;
    eventually("the tenant to be taken", PATIENCE, || async { client.register_if_able("acme", "basic").await }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_is_named_and_in_nobodys_way() {
    let stage = Stage::new().await;
    let mut command = command(&stage, "control-plane");
    command.env("TENANTRY_CONTROL_PLANE_QUEUE", "nowhere");
    let role = Role::spawn(command);
    says(&role, &["sqs:GetQueueUrl of queue nowhere"]).await;
    let client = Client::at(&role.url, "", &stage.admin("ada").await);
    client.register("acme", "basic").await;
    assert!(role.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_goes_is_named_and_nothing_is_said_to_be_done() {
    let stage = Stage::new().await;
    let role = Role::start(&stage, "control-plane");
    let client = Client::at(&role.url, "", &stage.admin("ada").await);
    let name = format!("{}-TenantRegistration", stage.name);
    aws_sdk_dynamodb::Client::new(&stage.sdk).delete_table().table_name(&name).send().await.unwrap();
    let tenant = json!({ "tenantData": { "tenantName": "acme", "email": "a@acme.example.com", "tier": "basic" } });
    let answer = client.admin(Method::POST, "/tenant-registrations", Some(&tenant)).await;
    assert!(answer.status.is_server_error(), "{}", answer.body);
    says(&role, &["dynamodb:TransactWriteItems of table", &name, "ResourceNotFoundException"]).await;
    assert_eq!(client.admin(Method::GET, "/tenants", None).await.body["data"], json!([]));
}
