use std::collections::BTreeSet;

use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::Event;
use tenantry_ports::page::Position;

use super::WAIT;
use crate::make::new_tenant;
use crate::subject::Subject;

/// Follows until so many have come, or none comes for a while.
async fn follow(s: &Subject, after: &Position, enough: usize) -> (Position, Vec<Event>) {
    let (mut position, mut events, mut quiet) = (after.clone(), Vec::new(), 0);
    while events.len() < enough && quiet < 10 {
        let got = s.log.follow(&position, 5, WAIT).await.unwrap();
        quiet = if got.is_empty() { quiet + 1 } else { 0 };
        for (next, event) in got {
            position = next;
            events.push(event);
        }
    }
    (position, events)
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|e| e.text("tenantName")).collect()
}

pub async fn a_follower_hears_what_comes_after(s: Subject) {
    s.new_tenant("before", Placement::Pooled).await;
    let end = s.log.end().await.unwrap();
    for name in ["a", "b", "c"] {
        s.new_tenant(name, Placement::Pooled).await;
        s.time.pass(std::time::Duration::from_secs(1)).await;
    }
    let (_, events) = follow(&s, &end, 3).await;
    assert_eq!(names(&events), ["a", "b", "c"]);
}

pub async fn a_follower_continues_where_it_was(s: Subject) {
    let start = s.log.end().await.unwrap();
    for name in ["a", "b", "c"] {
        s.new_tenant(name, Placement::Pooled).await;
        s.time.pass(std::time::Duration::from_secs(1)).await;
    }
    let first = s.log.follow(&start, 1, WAIT).await.unwrap().remove(0);
    let (position, rest) = follow(&s, &first.0, 2).await;
    assert_eq!((names(&[first.1]), names(&rest)), (vec!["a"], vec!["b", "c"]));
    s.new_tenant("d", Placement::Pooled).await;
    assert_eq!(names(&follow(&s, &position, 1).await.1), ["d"]);
}

pub async fn a_follower_of_silence_hears_nothing(s: Subject) {
    s.new_tenant("before", Placement::Pooled).await;
    let end = s.log.end().await.unwrap();
    assert_eq!(s.log.follow(&end, 10, WAIT).await.unwrap(), []);
}

pub async fn a_follower_takes_no_more_than_asked_for(s: Subject) {
    let start = s.log.end().await.unwrap();
    for name in ["a", "b", "c"] {
        s.new_tenant(name, Placement::Pooled).await;
    }
    assert!((1..=2).contains(&s.log.follow(&start, 2, WAIT).await.unwrap().len()));
}

pub async fn a_follower_misses_nothing_while_many_write(s: Subject) {
    let start = s.log.end().await.unwrap();
    let mut writers: Vec<_> = Vec::new();
    for w in 0..5 {
        let store = s.store.clone();
        writers.push(tokio::spawn(async move {
            for n in 0..6 {
                store.register(new_tenant(&format!("tenant{w}-{n}"), Placement::Pooled), None).await.unwrap();
                tokio::task::yield_now().await;
            }
        }));
    }
    let (_, events) = follow(&s, &start, 30).await;
    for writer in writers {
        writer.await.unwrap();
    }
    let distinct: BTreeSet<&str> = events.iter().map(Event::key).collect();
    assert_eq!((events.len(), distinct.len()), (30, 30));
}
