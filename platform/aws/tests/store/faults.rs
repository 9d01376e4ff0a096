//! Calls that fail: nothing lost, nothing done twice.

use tenantry_aws::table::Key;
use tenantry_conformance::make::{key, new_tenant, together};
use tenantry_contract::catalogue::Placement;
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Listed, Registered, TenantStore};

use crate::support::emulator::Emulator;
use crate::support::proxy::{Fault, Proxy};
use crate::support::subject::{Fresh, fresh, fresh_at};

/// Tables, and the same ones through a proxy. moto has no tokens, and so cannot tell a repeated write from a new one.
pub async fn behind_a_proxy() -> (Fresh, Fresh, Proxy) {
    let emulator = Emulator::ministack();
    let direct = fresh(&emulator).await;
    let proxy = Proxy::start(&emulator.url).await;
    let through = fresh_at(&emulator, &proxy.url).await;
    (direct, through, proxy)
}

/// One tenant and one event, seen past the proxy.
async fn written_once(direct: &Fresh, record: &tenantry_contract::record::TenantRecord) {
    let listed = direct.database.tenants(PageRequest::first(10)).await.unwrap().items;
    assert_eq!(listed, [Listed::Tenant(Box::new(record.clone()))]);
    let logged = direct.database.recent(&EventFilter::default(), PageRequest::first(10)).await.unwrap().items;
    assert_eq!(logged.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_a_write_is_outlived() {
    for fault in Fault::ALL {
        let (direct, through, proxy) = behind_a_proxy().await;
        proxy.next("TransactWriteItems", [fault]);
        let outcome = through.database.register(new_tenant("acme", Placement::Pooled), Some(key("k", 1))).await;
        let Ok(Registered::New(record)) = outcome else { panic!("{fault:?}: {outcome:?}") };
        assert_eq!(proxy.failed(), 1, "{fault:?}");
        written_once(&direct, &record).await;
    }
}

/// More failures than the SDK's own tries: ours goes on, with the same token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_many_times_is_asked_for_again() {
    let (direct, through, proxy) = behind_a_proxy().await;
    proxy.next("TransactWriteItems", [Fault::ErrorAfter; 5]);
    let outcome = through.database.register(new_tenant("acme", Placement::Pooled), None).await.unwrap();
    let Registered::New(record) = outcome else { panic!("not registered: {outcome:?}") };
    assert_eq!(through.calls.of("TransactWriteItems"), 6);
    written_once(&direct, &record).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_third_of_all_calls_failing_every_registration_is_written_once() {
    const MANY: usize = 20;
    let (direct, through, proxy) = behind_a_proxy().await;
    proxy.fail(300, 1);
    let outcomes = together(MANY, |n| {
        let database = through.database.clone();
        async move { database.register(new_tenant(&format!("tenant{n}"), Placement::Pooled), None).await }
    })
    .await;
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(Registered::New(_))), "{outcome:?}");
    }
    assert!(proxy.failed() > 0);
    let listed = direct.database.tenants(PageRequest::first(100)).await.unwrap().items;
    let logged = direct.database.recent(&EventFilter::default(), PageRequest::first(100)).await.unwrap().items;
    assert_eq!((listed.len(), logged.len()), (MANY, MANY));
}

/// AWS's own words do not say which table it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_not_there_is_among_those_an_error_names() {
    let (direct, through, _proxy) = behind_a_proxy().await;
    let Ok(Registered::New(record)) =
        through.database.register(new_tenant("acme", Placement::Pooled), Some(key("k", 1))).await
    else {
        panic!("not registered")
    };
    let tables = direct.database.tables().clone();
    direct.client.delete_table().table_name(&tables.registrations).send().await.unwrap();
    let written = through.database.register(new_tenant("other", Placement::Pooled), None).await.unwrap_err();
    let read = through.database.registration(&record.registration_id).await.unwrap_err();
    let keys = vec![Key::tenant(&record.tenant_id), Key::registration(&record.registration_id)];
    let many = through.database.get_all(keys).await.unwrap_err();
    assert!(many.to_string().contains(&tables.tenants), "{many}");
    for error in [written.to_string(), read.to_string(), many.to_string()] {
        assert!(error.contains(&tables.registrations) && error.contains("dynamodb:"), "{error}");
    }
    assert!(written.to_string().contains(&format!("tables {}", tables.tenants)), "{written}");
}
