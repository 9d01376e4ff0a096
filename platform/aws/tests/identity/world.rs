//! An installation's identity: its tables and pools on an emulator.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::Client;
use tenantry_aws::identity::{Identity, Pools, stage};
use tenantry_aws::limits::Limits;
use tenantry_aws::table::{Database, Deps, Tables, create};
use tenantry_conformance::subject::HandClock;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Sources;
use tenantry_contract::id::TenantId;
use tenantry_contract::name::{Email, TenantName};
use tenantry_contract::want::TenantFacts;
use tenantry_embedded::clock::SystemClock;
use tenantry_ports::clock::Clock as _;

use crate::support::emulator::Emulator;
use crate::support::ids::TestIds;

pub const APP: &str = "https://app.example.com";

pub struct World {
    pub identity: Identity,
    pub pools: Pools,
    /// Straight to the emulator.
    pub cognito: Client,
    pub dynamo: aws_sdk_dynamodb::Client,
    /// The control plane's.
    pub table: String,
    pub clock: Arc<HandClock>,
}

pub async fn world(emulator: &Emulator) -> World {
    world_at(emulator, &emulator.config().await).await
}

/// With calls of identity by way of `sdk`.
pub async fn world_at(emulator: &Emulator, sdk: &SdkConfig) -> World {
    let straight = emulator.config().await;
    let names = Tables::prefixed(&emulator.prefix);
    let dynamo = aws_sdk_dynamodb::Client::new(&straight);
    create(&dynamo, &names).await.unwrap();
    // Users that an emulator makes are as old as it says, by the system's time.
    let clock = Arc::new(HandClock::at(SystemClock::new().now()));
    let ids = Arc::new(TestIds::new(clock.clone()));
    let table = names.control_plane.clone();
    let database = Database::new(&dynamo, names, Deps { clock: clock.clone(), ids, sources: Sources::default() });
    let pools = Box::pin(stage::create(&straight, &emulator.prefix, vec![APP.to_owned()])).await.unwrap();
    let identity = Identity::new(sdk, Limits::default(), database, pools.clone()).unwrap();
    World { identity, pools, cognito: Client::new(&straight), dynamo, table, clock }
}

pub fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

pub fn facts(id: &TenantId, email: &str) -> TenantFacts {
    TenantFacts {
        id: id.clone(),
        name: TenantName::parse("acme").unwrap(),
        email: Email::parse(email).unwrap(),
        tier: "basic".to_owned(),
        placement: Placement::Pooled,
    }
}
