//! The suite, on each emulator: in a table that tenants share, and in a tenant's own.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType as Type,
};
use tenantry_aws::data::{DataTable, DynamoTable, Shared};
use tenantry_conformance::data::DataSubject;
use tenantry_conformance::make::START;
use tenantry_conformance::subject::HandClock;
use tenantry_ports::clock::Clock;

use crate::support::emulator::{Emulator, Kind, REGION};
use crate::support::ids::TestIds;

/// Where the tables are: moto puts whoever it does not know into one account, and goes by a role's own after that.
fn account(on: &Emulator) -> &str {
    if on.kind == Kind::Moto { "123456789012" } else { &on.account }
}

async fn subject(on: Emulator, is_shared: bool) -> DataSubject {
    let sdk = on.config().await;
    let name = format!("{}-orders", on.prefix);
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let text =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(Type::S).build().unwrap();
    let create = Client::new(&sdk).create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    let create = create.key_schema(key("tenantId", KeyType::Hash)).key_schema(key("itemKey", KeyType::Range));
    let create = create.attribute_definitions(text("tenantId")).attribute_definitions(text("itemKey"));
    create.send().await.unwrap();
    let shared = is_shared.then(|| Shared {
        table_arn: format!("arn:aws:dynamodb:{REGION}:{}:table/{name}", on.account),
        role_arn: format!("arn:aws:iam::{}:role/{name}-rows", account(&on)),
    });
    let table = DataTable { name, partition_key: "tenantId".into(), sort_key: "itemKey".into(), shared };
    let clock: Arc<dyn Clock> = Arc::new(HandClock::at(START));
    let ids = Arc::new(TestIds::new(Arc::clone(&clock)));
    DataSubject { table: Arc::new(DynamoTable::new(&sdk, table, clock, ids)), keep: Box::new(()) }
}

mod ministack {
    mod shared {
        use crate::suite::*;
        tenantry_conformance::data_suite!(threads: async || subject(Emulator::ministack(), true).await);
    }
    mod own {
        use crate::suite::*;
        tenantry_conformance::data_suite!(threads: async || subject(Emulator::ministack(), false).await);
    }
}

mod moto {
    mod shared {
        use crate::suite::*;
        tenantry_conformance::data_suite!(threads: async || subject(Emulator::moto(), true).await);
    }
    mod own {
        use crate::suite::*;
        tenantry_conformance::data_suite!(threads: async || subject(Emulator::moto(), false).await);
    }
}
