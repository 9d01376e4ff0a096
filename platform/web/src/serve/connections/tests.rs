use std::time::Duration;

use tokio::time::advance;

use super::*;
use crate::http::Proxies;

fn table(total: usize, share: usize, proxies: &[&str]) -> Arc<ConnectionTable> {
    let proxies = Proxies::new(proxies.iter().map(|text| text.parse().unwrap()).collect());
    Arc::new(ConnectionTable::new(ConnectionLimits { total, per_address: Some(share), proxies }))
}

async fn admit(table: &Arc<ConnectionTable>, address: &str) -> Option<ConnectionSlot> {
    advance(Duration::from_millis(1)).await;
    table.admit(address.parse().unwrap(), false)
}

#[tokio::test(start_paused = true)]
async fn the_oldest_idle_connection_makes_room() {
    let table = table(2, 2, &[]);
    let one = admit(&table, "192.0.2.1").await.unwrap();
    let two = admit(&table, "192.0.2.2").await.unwrap();
    advance(Duration::from_millis(1)).await;
    drop(one.begin_request());
    let _three = admit(&table, "192.0.2.3").await.unwrap();
    assert!(two.evicted().is_cancelled() && !one.evicted().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_busy_connection_never_makes_room() {
    let table = table(2, 2, &[]);
    let (one, two) = (admit(&table, "192.0.2.1").await.unwrap(), admit(&table, "192.0.2.2").await.unwrap());
    let (first, _second) = (one.begin_request(), two.begin_request());
    assert!(admit(&table, "192.0.2.3").await.is_none());
    drop(first);
    assert!(admit(&table, "192.0.2.3").await.is_some());
    assert!(one.evicted().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn an_address_above_its_share_makes_room_for_itself() {
    let table = table(8, 2, &[]);
    let mut flood = Vec::new();
    for _ in 0..20 {
        flood.push(admit(&table, "2001:db8::1").await.unwrap());
    }
    assert_eq!(flood.iter().filter(|slot| !slot.evicted().is_cancelled()).count(), 6);
    let others = [admit(&table, "192.0.2.1").await.unwrap(), admit(&table, "192.0.2.2").await.unwrap()];
    for _ in 0..20 {
        flood.push(admit(&table, "2001:db8::2").await.unwrap());
    }
    assert!(others.iter().all(|slot| !slot.evicted().is_cancelled()));
}

#[tokio::test(start_paused = true)]
async fn a_busy_address_above_its_share_gets_no_more_and_a_proxy_has_no_share() {
    let table = table(8, 2, &["10.0.0.0/8"]);
    let mut busy = Vec::new();
    while let Some(slot) = admit(&table, "192.0.2.1").await {
        busy.push((slot.begin_request(), slot));
    }
    assert_eq!(busy.len(), 6);
    let proxied = [admit(&table, "10.0.0.1").await, admit(&table, "10.0.0.1").await];
    assert!(proxied.iter().all(Option::is_some));
    drop((busy, proxied));
    assert!(table.lock().connections.is_empty() && table.lock().by_address.is_empty());
}
