//! What the store costs.

use std::collections::BTreeMap;

use tenantry_conformance::make::{key, new_tenant};
use tenantry_contract::catalogue::Placement;
use tenantry_ports::store::{Registered, TenantStore};

use crate::support::emulator::Emulator;
use crate::support::subject::fresh;

#[tokio::test]
async fn a_registration_is_one_call() {
    let fresh = fresh(&Emulator::ministack()).await;
    let mut made = 0;
    for placement in Placement::ALL {
        for n in 0..3 {
            let new = new_tenant(&format!("{}-{n}", placement.as_str()), placement);
            let used = (n > 0).then(|| key(&format!("{}{n}", placement.as_str()), 1));
            assert!(matches!(fresh.database.register(new, used).await.unwrap(), Registered::New(_)));
            made += 1;
        }
    }
    assert_eq!(fresh.calls.all(), BTreeMap::from([("TransactWriteItems".to_owned(), made)]));
}

#[tokio::test]
async fn a_refusal_is_one_call() {
    let fresh = fresh(&Emulator::ministack()).await;
    let new = || new_tenant("acme", Placement::Pooled);
    fresh.database.register(new(), Some(key("k", 1))).await.unwrap();
    fresh.calls.reset();
    assert_eq!(fresh.database.register(new(), None).await.unwrap(), Registered::NameTaken);
    assert!(matches!(fresh.database.register(new(), Some(key("k", 1))).await.unwrap(), Registered::Replayed(_)));
    assert_eq!(fresh.calls.all(), BTreeMap::from([("TransactWriteItems".to_owned(), 2)]));
}
