//! What a stage's stack would have made.

use std::sync::Arc;

use aws_config::SdkConfig;
use tenantry_aws::identity::{Identity, Pools, stage};
use tenantry_aws::limits::Limits;
use tenantry_aws::runtime::Place;
use tenantry_aws::table::{Database, Deps, Tables, create};
use tenantry_contract::event::Sources;
use tenantry_ports::clock::Clock;

use crate::support::emulator::Emulator;
use crate::support::ids::TestIds;
use crate::support::place::place;
pub use crate::support::place::{CATALOGUE, Nowhere};

pub struct Stage {
    pub place: Place,
    pools: Pools,
    tables: Tables,
    clock: Arc<dyn Clock>,
}

impl Stage {
    pub async fn make(emulator: &Emulator, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Self {
        let tables = Tables::prefixed(&emulator.prefix);
        create(&aws_sdk_dynamodb::Client::new(sdk), &tables).await.unwrap();
        let origins = vec!["https://app.example.com".to_owned()];
        let pools = Box::pin(stage::create(sdk, &emulator.prefix, origins)).await.unwrap();
        Self { place: place(emulator, sdk).await, pools, tables, clock }
    }

    /// A provisioner's view of the pools.
    pub fn identity(&self, sdk: &SdkConfig, limits: Limits) -> Identity {
        let ids = Arc::new(TestIds::new(self.clock.clone()));
        let deps = Deps { clock: self.clock.clone(), ids, sources: Sources::default() };
        let database = Database::new(&aws_sdk_dynamodb::Client::new(sdk), self.tables.clone(), deps);
        Identity::new(sdk, limits, database, self.pools.clone()).unwrap()
    }
}
