//! A fresh database on an emulator.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use tenantry_aws::table::{Database, Deps, Tables, create};
use tenantry_conformance::make::START;
use tenantry_conformance::subject::HandClock;
use tenantry_contract::event::Sources;

use super::counted::Counted;
use super::emulator::{Emulator, Kind};
use super::ids::TestIds;
use super::proxy::Proxy;

pub struct Fresh {
    pub database: Database,
    pub clock: Arc<HandClock>,
    /// Calls to DynamoDB since the tables were made.
    pub calls: Counted,
    pub client: Client,
    /// To be kept as long as the database is used.
    pub keep: Option<Proxy>,
}

/// Tables of its own on the emulator.
pub async fn fresh(emulator: &Emulator) -> Fresh {
    let names = Tables::prefixed(&emulator.prefix);
    let direct = Client::new(&emulator.config().await);
    create(&direct, &names).await.expect("the tables can be made");
    if emulator.kind == Kind::Moto {
        // Its transactions do not keep out of each other's way.
        let proxy = Proxy::one_at_a_time(&emulator.url).await;
        let fresh = fresh_at(emulator, &proxy.url).await;
        return Fresh { keep: Some(proxy), ..fresh };
    }
    fresh_at(emulator, &emulator.url).await
}

/// The same tables, which are there already, through somebody who listens at `url`.
pub async fn fresh_at(emulator: &Emulator, url: &str) -> Fresh {
    let calls = Counted::default();
    let config = emulator.config_at(url).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&config).interceptor(calls.clone()).build();
    let client = Client::from_conf(config);
    let clock = Arc::new(HandClock::at(START));
    let ids = Arc::new(TestIds::new(clock.clone()));
    let deps = Deps { clock: clock.clone(), ids, sources: Sources::default() };
    let database = Database::new(&client, Tables::prefixed(&emulator.prefix), deps);
    Fresh { database, clock, calls, client, keep: None }
}
