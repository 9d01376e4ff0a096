//! Tenants' users trade through the gateway: a pooled tenant in shared tables, a premium one in its own. Tasks are run
//! here as their task definitions say, and made known as ECS would.

use std::net::TcpListener;
use std::time::Duration;

use aws_sdk_ecs::types::ContainerDefinition;
use reqwest::Method;
use serde_json::json;
use tenantry_aws::runtime::names;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::{PoolId, TenantId};
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;

use crate::inventory::until_served;
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::{Client, Session};
use crate::support::eventually;
use crate::task::Task;

const PATIENCE: Duration = Duration::from_secs(120);

/// The sample's catalogue with ports that are free here.
fn catalogue() -> (tempfile::NamedTempFile, u16) {
    let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let orders = port();
    let mut text = Catalogue::DEFAULT.replace("port = 3010", &format!("port = {orders}"));
    for fixed in ["port = 3020", "port = 3030"] {
        text = text.replace(fixed, &format!("port = {}", port()));
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    (file, orders)
}

#[tokio::test]
async fn users_trade_through_the_gateway() {
    let stage = Stage::new().await;
    let (catalogue, port) = catalogue();
    let start = |role: &str| {
        let mut command = command(&stage, role);
        command.env("TENANTRY_CATALOGUE", catalogue.path());
        Role::spawn(command)
    };
    let roles = ["control-plane", "provisioner", "gateway"].map(start);
    let client = Client::at(&roles[0].url, &roles[2].url, &stage.admin("ada").await);

    for (tier, host) in [("premium", "127.0.0.2"), ("basic", "127.0.0.3")] {
        let name = format!("acme-{tier}");
        let (registration, tenant) = client.register(&name, tier).await;
        client.until(&registration, "Created", PATIENCE).await;
        let config = client.tenant_config(&name).await;
        let text = |member: &str| config[member].as_str().unwrap().to_owned();
        let pool = PoolId::parse(text("userPoolId")).unwrap();
        let email = format!("admin@{name}.example.com");
        let (access_token, id_token) = stage.sign_in(&pool, &text("appClientId"), &email).await;
        let user = Session { id_token, access_token };

        let tenant = TenantId::parse(&tenant).unwrap();
        let service = ServiceName::parse("orders").unwrap();
        // The provisioner has told the stage's own services where all pooled tenants' data is.
        let owner = if tier == "premium" { Owner::Tenant(tenant.clone()) } else { Owner::Stage };
        until_served(&stage).await;
        let definition = task_definition(&stage, &names::family(&stage.name, &service, &owner)).await;
        let variables = definition.environment().iter();
        let variables = variables.map(|pair| (pair.name().unwrap().to_owned(), pair.value().unwrap().to_owned()));
        assert_eq!(definition.command(), ["service", "orders"]);
        let (label, environment) = (names::label(&service, &owner), variables.collect());
        let _task = Task::run(&stage, &label, host, port, environment).await;

        let order = json!({
            "orderName": "first",
            "orderProducts": [{ "productId": "p1", "price": 12.5, "quantity": 2 }],
        });
        let placed = eventually("the order to be taken", PATIENCE, || async {
            let answer = client.tenant(&user, Method::POST, "/orders", Some(&order)).await;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        assert_eq!(placed.body["tenantId"], tenant.as_str());
        let listed = client.tenant(&user, Method::GET, "/orders", None).await;
        assert_eq!(listed.body.as_array().map(Vec::len), Some(1), "{}", listed.body);
    }
}

/// What a container of the task is told.
async fn task_definition(stage: &Stage, family: &str) -> ContainerDefinition {
    let ecs = aws_sdk_ecs::Client::new(&stage.sdk);
    let answer = ecs.describe_task_definition().task_definition(family).send().await.unwrap();
    answer.task_definition.unwrap().container_definitions.unwrap().remove(0)
}
