use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_aws::table::{
    Database, Deps, Expression, Key, Outcome, Pointer, Query, Read, Tables, create, stored_event,
};
use tenantry_conformance::make::{START, tenant_id};
use tenantry_conformance::subject::HandClock;
use tenantry_contract::event::{Draft, EventName, Sources};

use crate::support::emulator::Emulator;
use crate::support::ids::TestIds;

async fn database(emulator: &Emulator) -> Database {
    let client = Client::new(&emulator.config().await);
    let names = Tables::prefixed(&emulator.prefix);
    create(&client, &names).await.unwrap();
    let clock = Arc::new(HandClock::at(START));
    let ids = Arc::new(TestIds::new(clock.clone()));
    Database::new(&client, names, Deps { clock, ids, sources: Sources::default() })
}

fn n(value: u32) -> [(String, AttributeValue); 1] {
    [("n".to_owned(), AttributeValue::N(value.to_string()))]
}

async fn all_or_nothing(emulator: Emulator) {
    let database = database(&emulator).await;
    let (a, b) = (Key::of("a", "a"), Key::of("b", "b"));
    let mut intent = database.intent();
    intent.insert(a.clone(), n(1));
    assert!(matches!(intent.commit().await.unwrap(), Outcome::Written));

    let mut intent = database.intent();
    let free = intent.insert(b.clone(), n(1));
    let taken = intent.insert(a.clone(), n(2));
    let Outcome::Refused(refused) = intent.commit().await.unwrap() else { panic!("written") };
    assert!(refused.is(taken) && !refused.is(free));
    assert_eq!(refused.item(taken).unwrap().number::<u32>("n").unwrap(), 1);
    assert!(database.get(&b).await.unwrap().is_none());

    let mut intent = database.intent();
    intent.put_if(b.clone(), n(5), Expression::absent("pk"));
    intent.update_if(
        a.clone(),
        Expression::new("SET #n = #n + :one").number("one", 1),
        Expression::new("#n = :was").number("was", 1),
    );
    assert!(matches!(intent.commit().await.unwrap(), Outcome::Written));
    let both = database.get_all(vec![a.clone(), b.clone(), b.clone()]).await.unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(both[&a].number::<u32>("n").unwrap(), 2);

    let mut intent = database.intent();
    intent.delete(a.clone());
    let check = intent.check(b.clone(), Expression::new("#n = :was").number("was", 6));
    let Outcome::Refused(refused) = intent.commit().await.unwrap() else { panic!("written") };
    assert!(refused.is(check));
    assert!(database.get(&a).await.unwrap().is_some());

    let mut intent = database.intent();
    intent.put(a.clone(), []);
    intent.delete(a);
    assert!(intent.commit().await.unwrap_err().to_string().contains("twice"));
}

async fn events_are_logged_and_pointed_at(emulator: Emulator) {
    let database = database(&emulator).await;
    let draft = |name| Draft { name, detail: serde_json::Map::new() };
    let mut intent = database.intent();
    let drafts = vec![draft(EventName::OnboardingRequest), draft(EventName::OffboardingRequest)];
    intent.announce(&tenant_id("t1"), drafts).unwrap();
    intent.commit().await.unwrap();

    let pointers = database.merged("outbox", 10, |q| q).await.unwrap();
    assert_eq!(pointers.len(), 2);
    let pointers: Vec<Pointer> = pointers.iter().map(|item| Pointer::read(item).unwrap()).collect();
    let items = database.get_all(pointers.iter().map(Pointer::event).collect()).await.unwrap();
    let types: Vec<String> = pointers.iter().map(|p| stored_event(&items[&p.event()]).unwrap().detail_type).collect();
    assert_eq!(types, ["sbt_aws_onboardingRequest", "sbt_aws_offboardingRequest"]);
    let of_tenant = database.query(&Query::of("tenant#t1").prefix("event#"), 10).await.unwrap();
    assert_eq!(of_tenant.len(), 2);
}

async fn queries_walk_in_order(emulator: Emulator) {
    let database = database(&emulator).await;
    let mut intent = database.intent();
    for sk in ["a", "b", "b1", "c", "d"] {
        intent.put(Key::of("p", sk), []);
    }
    intent.commit().await.unwrap();
    let ask = async |query: Query, limit| {
        let found = database.query(&query, limit).await.unwrap();
        found.iter().map(|item| item.text("sk").unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask(Query::of("p"), 10).await, ["a", "b", "b1", "c", "d"]);
    assert_eq!(ask(Query::of("p"), 2).await, ["a", "b"]);
    assert_eq!(ask(Query::of("p").after("b"), 10).await, ["b1", "c", "d"]);
    assert_eq!(ask(Query::of("p").from("b").before("d"), 10).await, ["b", "b1", "c"]);
    assert_eq!(ask(Query::of("p").prefix("b").newest_first(), 10).await, ["b1"]);
    assert_eq!(ask(Query::of("p").to("b").newest_first(), 10).await, ["b1", "b", "a"]);
}

macro_rules! on_both {
    ($($case:ident),* $(,)?) => { $(
        mod $case {
            use super::*;

            #[tokio::test]
            async fn ministack() {
                super::$case(Emulator::ministack()).await;
            }

            #[tokio::test]
            async fn moto() {
                super::$case(Emulator::moto()).await;
            }
        }
    )* };
}

on_both!(all_or_nothing, events_are_logged_and_pointed_at, queries_walk_in_order);
