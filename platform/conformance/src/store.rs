//! [`TenantStore`](tenantry_ports::store::TenantStore): tenants, registrations and operations.

mod amending;
mod beginning;
mod expiring;
mod listing;
mod registering;
mod reporting;
mod with_keys;

pub use self::amending::*;
pub use self::beginning::*;
pub use self::expiring::*;
pub use self::listing::*;
pub use self::registering::*;
pub use self::reporting::*;
pub use self::with_keys::*;

use std::time::Duration;

use tenantry_contract::attributes::Attributes;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Event, EventName, Report, Verdict};
use tenantry_contract::lifecycle::{Begin, NewTenant};
use tenantry_contract::record::TenantRecord;
use tenantry_ports::bus::Consumer;
use tenantry_ports::log::EventFilter;
use tenantry_ports::page::PageRequest;
use tenantry_ports::store::{ApplyOutcome, BeginOutcome, Registered};

use crate::make;
use crate::subject::Subject;

/// What several cases do to get somewhere.
impl Subject {
    pub(crate) async fn new_tenant(&self, name: &str, placement: Placement) -> TenantRecord {
        self.new_tenant_from(make::new_tenant(name, placement)).await
    }

    pub(crate) async fn new_tenant_from(&self, new: NewTenant) -> TenantRecord {
        match self.store.register(new, None).await.unwrap() {
            Registered::New(record) => *record,
            other => panic!("not registered: {other:?}"),
        }
    }

    pub(crate) async fn offboarded(&self, record: &TenantRecord) -> TenantRecord {
        self.begun(record, Begin::Offboard).await
    }

    pub(crate) async fn begun(&self, record: &TenantRecord, what: Begin) -> TenantRecord {
        let budget = record.placement.default_budget();
        match self.store.begin(&record.registration_id, what, budget, None, None).await.unwrap() {
            BeginOutcome::Begun(record) => *record,
            other => panic!("not begun: {other:?}"),
        }
    }

    /// The record after a report on its current operation.
    pub(crate) async fn reported(&self, record: &TenantRecord, verdict: Verdict, event_key: &str) -> TenantRecord {
        self.told(make::report(record, verdict, event_key)).await
    }

    pub(crate) async fn told(&self, report: Report) -> TenantRecord {
        match self.store.apply(report).await.unwrap() {
            ApplyOutcome::Applied { record, .. } => *record,
            ApplyOutcome::Ignored(why) => panic!("ignored: {why}"),
        }
    }

    /// A tenant that came and went.
    pub(crate) async fn gone_tenant(&self, name: &str, placement: Placement) -> TenantRecord {
        let record = self.new_tenant(name, placement).await;
        let record = self.offboarded(&record).await;
        self.reported(&record, Verdict::Success, &format!("gone-{name}")).await
    }

    /// The record as it is kept.
    pub(crate) async fn kept(&self, record: &TenantRecord) -> TenantRecord {
        self.store.tenant(&record.tenant_id).await.unwrap().expect("the tenant is there")
    }

    /// Every event of the tenant in the log, newest first.
    pub(crate) async fn events(&self, record: &TenantRecord) -> Vec<Event> {
        let filter = EventFilter { tenant: Some(record.tenant_id.clone()), detail_type: None };
        self.log.recent(&filter, PageRequest::first(100)).await.unwrap().items
    }

    /// The names of the tenant's events, sorted, as events of one write have no order.
    pub(crate) async fn event_names(&self, record: &TenantRecord) -> Vec<&'static str> {
        let events = self.events(record).await;
        let mut names: Vec<&str> = events.iter().filter_map(Event::name).map(EventName::detail_type).collect();
        names.sort_unstable();
        names
    }

    /// Takes messages off a queue until `enough` says so, or none has come for a while.
    pub(crate) async fn taken(&self, consumer: Consumer, enough: impl Fn(&[Event]) -> bool) -> Vec<Event> {
        let inbox = self.bus.inbox(consumer);
        let (mut events, mut quiet) = (Vec::new(), 0);
        while quiet < 3 && !enough(&events) {
            let got = inbox.receive(10, Duration::from_millis(200), Duration::from_secs(30)).await.unwrap();
            quiet = if got.is_empty() { quiet + 1 } else { 0 };
            for delivery in got {
                events.push(Event::parse(&delivery.body).unwrap());
                inbox.ack(vec![delivery.receipt]).await.unwrap();
            }
        }
        events
    }
}

/// Its free members are the given ones and no others.
pub(crate) fn same(ours: &Attributes, json: &serde_json::Value) {
    assert_eq!(*ours, make::attributes(json));
}

/// Tests of a [`TenantStore`](tenantry_ports::store::TenantStore), each with a fresh [`Subject`].
#[macro_export]
macro_rules! store_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; store:
            a_registration_is_kept_whole,
            a_registration_and_its_request_are_one_write,
            of_many_with_one_name_one_gets_it,
            of_many_pooled_with_one_address_one_gets_it,
            an_address_counts_among_pooled_tenants_only,
            a_deleted_tenant_frees_its_name_and_address,
            a_failed_tenant_keeps_its_name_and_address,
            a_refused_registration_writes_nothing,
            large_attributes_come_back_whole,
            the_same_key_is_done_once,
            the_same_key_at_once_is_done_once,
            a_key_of_another_request_is_reused,
            keys_of_other_scopes_do_not_meet,
            a_key_is_forgotten_after_its_life,
            a_refusal_uses_no_key_up,
            a_key_of_begin_is_answered_once,
            an_offboarding_takes_the_place_of_an_onboarding,
            of_many_offboardings_one_begins,
            a_retry_is_the_next_attempt,
            what_cannot_begin_is_refused,
            an_unknown_registration_is_not_found,
            an_amendment_is_merged,
            amendments_at_once_lose_nothing,
            a_refused_amendment_writes_nothing,
            a_changed_address_is_unique_and_frees_the_old_one,
            the_address_an_admin_signs_in_with_stays_taken,
            a_patch_reports_for_an_external_tenant,
            a_success_creates,
            a_report_is_taken_once,
            of_many_copies_of_a_report_one_is_taken,
            a_report_on_another_attempt_is_stale,
            a_report_on_nobody_is_unknown,
            an_unsigned_report_counts_for_external_tenants_only,
            a_failure_of_ours_turns_to_clean_up,
            what_a_report_may_not_change_is_named,
            a_late_success_of_an_external_tenant_counts,
            nothing_is_overdue_too_early,
            what_nobody_takes_up_turns_and_then_fails,
            what_remains_is_named,
            an_external_operation_fails_at_its_deadline,
            the_overdue_come_oldest_first,
            of_many_reapers_one_expires,
            one_that_cannot_be_read_is_listed_exported_and_offboarded,
            every_tenant_is_listed_once,
            tenants_there_before_are_listed_once_while_others_come,
            operations_are_listed_newest_first,
            tiers_of_the_living_are_in_use,
            what_is_not_there_is_none,
            it_answers,
        }
    };
}
