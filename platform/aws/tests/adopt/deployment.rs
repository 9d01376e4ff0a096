//! A deployment of SBT: its two tables with the items that its functions write, and ours with nothing in it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tenantry_aws::adopt::{Adoption, Told};
use tenantry_aws::table::{Database, Item, from_value, to_value};
use tenantry_contract::catalogue::Catalogue;

use crate::support::emulator::Emulator;
use crate::support::subject::{Fresh, fresh};

pub struct Deployment {
    pub emulator: Emulator,
    pub tables: Fresh,
}

/// What a run told, in a form that can be compared.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Tenants' ids and states.
    pub adopted: BTreeMap<String, String>,
    pub ours: usize,
    pub unfit: BTreeMap<String, String>,
}

impl Deployment {
    pub async fn new(emulator: Emulator) -> Self {
        let tables = fresh(&emulator).await;
        Self { emulator, tables }
    }

    /// Writes a tenant and its registration, with more or other members than they usually have; null is none.
    pub async fn has(&self, n: u32, tenant: Value, registration: Value) {
        let usual = json!({
            "tenantId": format!("ten-{n}"), "tenantRegistrationId": format!("reg-{n}"), "tenantName": format!("acme-{n}"),
            "email": format!("ada@acme-{n}.example.com"), "tier": "basic", "sbtaws_active": true,
            "prices": "[{\"id\":\"price_1\"}]", "tenantConfig": "{\"userPoolId\":\"eu-west-1_a\"}",
        });
        self.put(&self.database().tables().tenants, usual, tenant).await;
        let usual = json!({
            "tenantRegistrationId": format!("reg-{n}"), "tenantId": format!("ten-{n}"), "registrationStatus": "Created",
            "sbtaws_active": true, "campaign": "spring",
        });
        self.put(&self.database().tables().registrations, usual, registration).await;
    }

    async fn put(&self, table: &str, usual: Value, other: Value) {
        let (Value::Object(mut members), Value::Object(other)) = (usual, other) else { panic!("objects are written") };
        members.extend(other);
        members.retain(|_, value| !value.is_null());
        let item: Item = members.into_iter().map(|(name, value)| (name, to_value(&value).unwrap())).collect();
        self.client().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    pub async fn remove_registration(&self, n: u32) {
        let key = AttributeValue::S(format!("reg-{n}"));
        let delete = self.client().delete_item().table_name(&self.database().tables().registrations);
        delete.key("tenantRegistrationId", key).send().await.unwrap();
    }

    pub fn database(&self) -> &Database {
        &self.tables.database
    }

    pub fn client(&self) -> &Client {
        &self.tables.client
    }

    pub async fn adopt(&self, dry_run: bool) -> Heard {
        adopt(self.database(), dry_run).await.unwrap()
    }

    /// Everything in all tables.
    pub async fn everything(&self) -> Vec<String> {
        let tables = self.database().tables();
        let mut all = Vec::new();
        for table in [&tables.tenants, &tables.registrations, &tables.control_plane] {
            let items =
                self.client().scan().table_name(table).consistent_read(true).send().await.unwrap().items.unwrap();
            // As JSON, whose members have an order, and with what JSON has not.
            let whole = AttributeValue::M;
            all.extend(items.into_iter().map(|item| {
                let bytes = item.values().filter(|value| value.is_b()).count();
                format!("{table} {} and {bytes} of bytes", from_value(&whole(item)).unwrap())
            }));
        }
        all.sort();
        all
    }
}

pub async fn adopt(database: &Database, dry_run: bool) -> Result<Heard, tenantry_ports::store::StoreError> {
    let catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    let mut heard = Heard::default();
    let adoption = Adoption { database, catalogue: &catalogue, dry_run };
    adoption
        .run(|told| match told {
            Told::Adopted(record) => {
                let id = record.tenant_id.to_string();
                assert!(heard.adopted.insert(id, record.status.to_string()).is_none(), "it is adopted twice");
            }
            Told::Ours => heard.ours += 1,
            Told::Unfit(unfit) => assert!(heard.unfit.insert(unfit.what, unfit.why).is_none(), "it is told of twice"),
        })
        .await?;
    Ok(heard)
}
