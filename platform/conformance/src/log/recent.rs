use serde_json::json;
use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{Event, EventName};
use tenantry_ports::log::EventFilter;
use tenantry_ports::page::PageRequest;

use crate::make::foreign_event;
use crate::subject::Subject;

fn tenants(events: &[Event]) -> Vec<&str> {
    events.iter().map(|e| e.text("tenantName").unwrap_or_default()).collect()
}

pub async fn the_newest_come_first(s: Subject) {
    let all = EventFilter::default();
    assert_eq!(s.log.recent(&all, PageRequest::first(10)).await.unwrap().items, []);
    for name in ["a", "b", "c"] {
        s.new_tenant(name, Placement::Pooled).await;
        s.time.pass(std::time::Duration::from_secs(1)).await;
    }
    let events = s.log.recent(&all, PageRequest::first(10)).await.unwrap().items;
    assert_eq!(tenants(&events), ["c", "b", "a"]);
    assert!(events.iter().all(|e| e.time <= s.time.now()));
}

pub async fn pages_of_events_are_complete(s: Subject) {
    let mut expected: Vec<String> = (0..11).map(|n| format!("tenant{n}")).collect();
    for name in &expected {
        s.new_tenant(name, Placement::Pooled).await;
        s.time.pass(std::time::Duration::from_secs(1)).await;
    }
    expected.reverse();
    let (mut listed, mut page) = (Vec::new(), PageRequest::first(4));
    loop {
        let got = s.log.recent(&EventFilter::default(), page.clone()).await.unwrap();
        listed.extend(tenants(&got.items).into_iter().map(str::to_owned));
        let Some(next) = got.next else { break };
        page.after = Some(next);
        // What comes meanwhile is newer, and not on the pages to come.
        s.new_tenant(&format!("late{}", listed.len()), Placement::Pooled).await;
    }
    assert_eq!(listed, expected);
}

pub async fn a_filter_lets_its_own_through(s: Subject) {
    let (a, b) = (s.new_tenant("a", Placement::Pooled).await, s.new_tenant("b", Placement::Pooled).await);
    s.offboarded(&a).await;
    let ask = async |tenant, detail_type: Option<&str>| {
        let filter = EventFilter { tenant, detail_type: detail_type.map(str::to_owned) };
        s.log.recent(&filter, PageRequest::first(10)).await.unwrap().items
    };
    let of_a = ask(Some(a.tenant_id.clone()), None).await;
    assert!(of_a.len() == 3 && of_a.iter().all(|e| e.text("tenantId") == Some(a.tenant_id.as_str())));
    let requests = ask(None, Some("sbt_aws_onboardingRequest")).await;
    assert_eq!(requests.len(), 2);
    assert_eq!(ask(Some(b.tenant_id), Some("sbt_aws_offboardingRequest")).await, []);
    assert_eq!(ask(Some(a.tenant_id), Some("sbt_aws_offboardingRequest")).await.len(), 1);
}

/// A page looks at so many events and no more: it may be short, or empty, and go on.
pub async fn a_rare_type_is_found_however_far_back(s: Subject) {
    let record = s.new_tenant("a", Placement::External).await;
    let detail = json!({ "tenantId": record.tenant_id, "tenantRegistrationId": record.registration_id });
    let many: Vec<Event> = (0..400).map(|n| foreign_event(EventName::IngestUsage, &format!("e{n}"), &detail)).collect();
    for some in many.chunks(50) {
        s.time.pass(std::time::Duration::from_secs(1)).await;
        s.bus.publish(some.to_vec()).await.unwrap();
    }
    for tenant in [None, Some(record.tenant_id)] {
        let filter = EventFilter { tenant, detail_type: Some("sbt_aws_onboardingRequest".to_owned()) };
        let (mut found, mut page, mut pages) = (Vec::new(), PageRequest::first(1), 0);
        loop {
            let got = s.log.recent(&filter, page.clone()).await.unwrap();
            found.extend(got.items);
            pages += 1;
            let Some(next) = got.next else { break };
            assert!(pages <= 401, "it never ends");
            page.after = Some(next);
        }
        assert_eq!(tenants(&found), ["a"]);
    }
}

pub async fn what_others_publish_is_logged_too(s: Subject) {
    let record = s.new_tenant("a", Placement::External).await;
    let detail = json!({ "tenantId": record.tenant_id, "tenantRegistrationId": record.registration_id });
    s.bus.publish(vec![foreign_event(EventName::ProvisionSuccess, "e1", &detail)]).await.unwrap();
    let events = s.events(&record).await;
    assert!(events.iter().any(|e| e.name() == Some(EventName::ProvisionSuccess) && e.key() == "e1"));
}
