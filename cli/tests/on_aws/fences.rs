//! Watches the provisioners' writes about who holds what: none of a hold that has passed on may take effect.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::StatusCode;
use serde_json::Value;

use crate::proxy::Proxy;
use crate::stage::Stage;

/// The answers to two writes at once may be noted the other way round. Holds last for longer than this.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What took effect: when, whose hold it was, and its fence.
#[derive(Clone, Default)]
pub struct Fences(Arc<Mutex<Vec<(Instant, String, u64)>>>);

impl Fences {
    /// What is only said again, as its token tells, has no effect: who was suspended while a write was under way
    /// repeats it, and hears that it is done.
    pub fn watched_at(proxy: &Proxy) -> Self {
        let fences = Self::default();
        let (noted, known) = (fences.clone(), Mutex::new(HashSet::new()));
        proxy.watch("TransactWriteItems", move |asked, status| {
            let token = asked["ClientRequestToken"].as_str().unwrap().to_owned();
            if status == StatusCode::OK && known.lock().unwrap().insert(token) {
                let items = asked["TransactItems"].as_array().unwrap();
                let now = Instant::now();
                let fences = items.iter().filter_map(fence).map(|(owner, fence)| (now, owner, fence));
                noted.0.lock().unwrap().extend(fences);
            }
        });
        fences
    }

    /// Of the tenant, fences only rose, and the store has the last.
    pub async fn are_in_order(&self, stage: &Stage, tenant: &str) {
        let owner = format!("tenant#{tenant}");
        let seen = self.0.lock().unwrap().clone();
        let seen: Vec<_> = seen.into_iter().filter(|(_, of, _)| *of == owner).map(|(at, _, f)| (at, f)).collect();
        for (at, fence) in &seen {
            let passed_on = seen.iter().any(|(before, newer)| newer > fence && *before + AT_ONCE < *at);
            assert!(!passed_on, "a write took effect after its hold {fence} had passed on: {seen:?}");
        }
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let dynamo = aws_sdk_dynamodb::Client::new(&stage.sdk);
        let asked = dynamo.get_item().table_name(format!("{}-ControlPlane", stage.name)).consistent_read(true);
        let item = asked.key("pk", key(&owner)).key("sk", key("work")).send().await.unwrap().item.unwrap();
        let stored: u64 = item["fence"].as_n().unwrap().parse().unwrap();
        let last = seen.iter().map(|(_, fence)| *fence).max().expect("somebody held it");
        assert!(last > 1, "another one took over: {seen:?}");
        // It may have been claimed once more meanwhile.
        assert!(stored >= last, "{stored} is stored, and {last} was written");
    }
}

/// What an item of a transaction says of a hold: it writes the owner's slot, or is bound to how that is.
fn fence(item: &Value) -> Option<(String, u64)> {
    let number = |value: &Value| value["N"].as_str()?.parse().ok();
    let (put, check) = (&item["Put"]["Item"], &item["ConditionCheck"]);
    if put["sk"]["S"] == "work" {
        return Some((put["pk"]["S"].as_str()?.to_owned(), number(&put["fence"])?));
    }
    let fence = number(&check["ExpressionAttributeValues"][":fence"])?;
    Some((check["Key"]["pk"]["S"].as_str()?.to_owned(), fence))
}
