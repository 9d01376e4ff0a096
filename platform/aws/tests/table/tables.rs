use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeySchemaElement;
use tenantry_aws::table::{Tables, create, schema};

use crate::support::emulator::Emulator;

async fn made_as_written_down(emulator: Emulator) {
    let client = Client::new(&emulator.config().await);
    let names = Tables::prefixed(&emulator.prefix);
    create(&client, &names).await.unwrap();
    // A second time changes nothing and fails at nothing.
    create(&client, &names).await.unwrap();
    for spec in schema(&names) {
        let table = client.describe_table().table_name(&spec.name).send().await.unwrap().table.unwrap();
        let keys: Vec<&str> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
        let expected: Vec<&str> = [Some(spec.partition_key), spec.sort_key].into_iter().flatten().collect();
        assert_eq!(keys, expected, "{}", spec.name);
        let indexes: Vec<_> = table.global_secondary_indexes().iter().map(|i| i.index_name().unwrap()).collect();
        assert_eq!(indexes, spec.index.iter().map(|i| i.name).collect::<Vec<_>>());
        let ttl = client.describe_time_to_live().table_name(&spec.name).send().await.unwrap();
        let ttl = ttl.time_to_live_description.and_then(|d| d.attribute_name);
        assert_eq!(ttl.as_deref(), spec.ttl);
    }
}

#[tokio::test]
async fn ministack_tables_are_made_as_written_down() {
    made_as_written_down(Emulator::ministack()).await;
}

#[tokio::test]
async fn moto_tables_are_made_as_written_down() {
    made_as_written_down(Emulator::moto()).await;
}
