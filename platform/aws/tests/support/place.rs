//! What a stage's stack would have made for tenants' services, in an emulator.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use tenantry_aws::runtime::{Architecture, Namespace, Place, Pool, Subnet, names};
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_contract::name::{ServiceName, TableName};
use tenantry_contract::resource::Owner;
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::RuntimeError;

use super::emulator::{Emulator, Kind, REGION};

/// A small catalogue: one table that some share, and an image that is not ours.
pub const CATALOGUE: &str = r#"
[[tiers]]
name = "basic"
placement = "pooled"
[[tiers]]
name = "advanced"
placement = "dedicated-services"
[[tiers]]
name = "premium"
placement = "dedicated-cluster"

[[services]]
name = "shop"
port = 3010
cpu = 256
memory = 512
health_path = "/shop/health"
image = "tenantry"
command = ["tenantry", "service", "shop"]
manages_users = true
[services.environment]
COLOUR = "blue"
[[services.tables]]
name = "things"
partition_key = "tenantId"
sort_key = "thingId"
shared_by = ["dedicated-services"]

[[services]]
name = "till"
port = 3020
cpu = 256
memory = 512
health_path = "/"
health_command = ["curl", "-f", "http://localhost:3020/"]
image = "example.com/till:7"
command = ["till"]
replicas = 2
"#;

/// Makes what the stack makes, and a shared table that was there before.
pub async fn place(emulator: &Emulator, sdk: &SdkConfig) -> Place {
    let stage = emulator.prefix.clone();
    let ec2 = aws_sdk_ec2::Client::new(sdk);
    let vpc = ec2.create_vpc().cidr_block("10.7.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let mut subnets = Vec::new();
    for (number, letter) in ["a", "b"].into_iter().enumerate() {
        let zone = format!("{REGION}{letter}");
        let request = ec2.create_subnet().vpc_id(&vpc).cidr_block(format!("10.7.{number}.0/24"));
        let made = request.availability_zone(&zone).send().await.unwrap().subnet.unwrap();
        subnets.push(Subnet { id: made.subnet_id.unwrap(), zone });
    }
    let group = async |name: &str| {
        let request = ec2.create_security_group().vpc_id(&vpc).group_name(format!("{stage}-{name}"));
        request.description(name).send().await.unwrap().group_id.unwrap()
    };
    let (gateway_group, provisioner_group) = (group("gateway").await, group("provisioner").await);
    let cluster = format!("{stage}-shared");
    aws_sdk_ecs::Client::new(sdk).create_cluster().cluster_name(&cluster).send().await.unwrap();
    let mut namespaces = Vec::new();
    // moto has room for one in a VPC.
    for number in 0..if emulator.kind == Kind::Moto { 1 } else { 2 } {
        namespaces.push(namespace(sdk, &vpc, &format!("{number}.{stage}.internal")).await);
    }
    let shared_tables = format!("{stage}-");
    let shared = names::shared_table(&shared_tables, &service("shop"), &table("things"));
    make_table(sdk, &shared).await;
    Place {
        stage: stage.clone(),
        partition: "aws".into(),
        region: REGION.into(),
        account: emulator.account.clone(),
        vpc,
        subnets,
        public_addresses: false,
        gateway_group,
        provisioner_group,
        cluster,
        namespaces,
        execution_role: format!("arn:aws:iam::{}:role/{stage}-execution", emulator.account),
        boundary: None,
        iam_path: format!("/tenantry/{stage}/"),
        image: "registry.example.com/tenantry:1".into(),
        architecture: Architecture::Arm64,
        probe: None,
        users_table: format!("{stage}-ControlPlane"),
        shared_tables,
        log_retention_days: 14,
        point_in_time_recovery: true,
        pool: Some(Pool {
            id: PoolId::parse(format!("{REGION}_pooled")).unwrap(),
            client: ClientId::parse("pooled-client").unwrap(),
        }),
        environment: BTreeMap::from([("TENANTRY_LOG".to_owned(), "info".to_owned())]),
    }
}

async fn namespace(sdk: &SdkConfig, vpc: &str, name: &str) -> Namespace {
    let cloud_map = aws_sdk_servicediscovery::Client::new(sdk);
    cloud_map.create_private_dns_namespace().name(name).vpc(vpc).send().await.unwrap();
    let mut token = None;
    loop {
        let page = cloud_map.list_namespaces().set_next_token(token).send().await.unwrap();
        if let Some(found) = page.namespaces().iter().find(|found| found.name() == Some(name)) {
            return Namespace { id: found.id().unwrap().to_owned(), name: name.to_owned() };
        }
        token = page.next_token;
        assert!(token.is_some(), "the namespace {name} was not made");
    }
}

async fn make_table(sdk: &SdkConfig, name: &str) {
    let mut request = aws_sdk_dynamodb::Client::new(sdk).create_table().table_name(name);
    for (name, kind) in [("tenantId", KeyType::Hash), ("thingId", KeyType::Range)] {
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
        request = request.key_schema(key).attribute_definitions(attribute);
    }
    request.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
}

/// No task runs in an emulator, so nothing answers anywhere.
pub struct Nowhere;

#[async_trait]
impl Routes for Nowhere {
    async fn locate(&self, _: &Owner, _: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError> {
        Ok(None)
    }

    fn forget(&self, _: &Owner, _: &ServiceName, _: SocketAddr) {}
}

pub fn service(name: &str) -> ServiceName {
    ServiceName::parse(name).unwrap()
}

pub fn table(name: &str) -> TableName {
    TableName::parse(name).unwrap()
}
