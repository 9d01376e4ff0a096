use tenantry_conformance::make::{new_tenant, owner, present};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{EventName, Verdict};
use tenantry_contract::operation::{OperationState, Step, StepAction, StepState};
use tenantry_ports::log::{EventFilter, EventLog};
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{Registered, TenantStore};
use tenantry_ports::work::{Done, Held, WorkStore};

use super::{MINUTE, claims, letting_go, now, recorded};
use crate::faults::behind_a_proxy;
use crate::support::proxy::Fault;

/// Each write of a worker meets each fault once, and is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_a_workers_write_is_outlived() {
    for fault in Fault::ALL {
        let (direct, through, proxy) = behind_a_proxy().await;
        let new = new_tenant("acme", Placement::DedicatedServices);
        let Registered::New(record) = direct.database.register(new, None).await.unwrap() else {
            panic!("not registered")
        };
        proxy.next("BatchWriteItem", [fault]);
        through.database.ring(&[owner(&record)], now(&through)).await.unwrap();

        // The claim itself, and the start of the operation's clock.
        proxy.next("TransactWriteItems", [fault]);
        let claim = claims(&through, 1, 10).await.remove(0);
        assert_eq!(claim.hold.fence, 1, "{fault:?}");
        let kept = direct.database.tenant(&record.tenant_id).await.unwrap();
        assert_eq!(claim.record, kept, "{fault:?}");
        assert!(matches!(kept.unwrap().operation.unwrap().state, OperationState::Running { .. }));

        proxy.next("TransactWriteItems", [fault]);
        let at = now(&through);
        let name = "service/orders".into();
        let step = Step {
            name,
            action: StepAction::Create,
            state: StepState::Running,
            started_at: at,
            ended_at: None,
            note: None,
        };
        let entries = vec![present("service", "orders")];
        let verdict = Some((Verdict::Success, Attributes::default()));
        let done = Done { entries: entries.clone(), steps: vec![step], announce: true, verdict, ..Done::default() };
        recorded(&through.database, &claim, done).await;
        assert_eq!(direct.database.inventory(&owner(&record)).await.unwrap(), entries, "{fault:?}");
        let logged = direct.database.recent(&EventFilter::default(), PageRequest::first(10)).await.unwrap().items;
        for told in [EventName::ProvisionProgress, EventName::ProvisionSuccess] {
            assert_eq!(logged.iter().filter(|e| e.name() == Some(told)).count(), 1, "{fault:?}: {told:?}");
        }

        proxy.next("TransactWriteItems", [fault]);
        let held = through.database.renew(&claim.hold, at.plus(3 * MINUTE)).await.unwrap();
        assert!(matches!(held, Held::Still { .. }), "{fault:?}: {held:?}");
        assert_eq!(direct.database.next_due().await.unwrap(), Some(at.plus(3 * MINUTE)), "{fault:?}");

        proxy.next("TransactWriteItems", [fault]);
        recorded(&through.database, &claim, letting_go(Some(at))).await;
        assert_eq!(direct.database.next_due().await.unwrap(), Some(at), "{fault:?}");
        assert_eq!(claims(&direct, 2, 10).await.remove(0).hold.fence, 2, "{fault:?}");
        assert_eq!(proxy.failed(), 5, "{fault:?}");
    }
}
