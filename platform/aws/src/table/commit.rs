//! Committing an intent.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_ports::error::Applied;
use tenantry_ports::store::StoreError;

use super::attempts::passes;
use super::cancelled::{Cancelled, cancelled};
use super::intent::lowered;
use super::{Action, Intent, Item, Table};
use crate::fault::{Fault, Kind};

/// What became of an intent.
#[derive(Debug)]
pub enum Outcome {
    Written,
    /// Conditions did not hold, and nothing was written.
    Refused(Refused),
}

/// Which conditions did not hold.
#[derive(Debug)]
pub struct Refused(BTreeMap<usize, Option<Item>>);

impl Refused {
    pub fn is(&self, action: Action) -> bool {
        self.0.contains_key(&action.0)
    }

    /// The item that the action's condition did not hold for, if there was one.
    pub fn item(&self, action: Action) -> Option<&Item> {
        self.0.get(&action.0).and_then(Option::as_ref)
    }
}

impl Intent<'_> {
    /// Writes all of it, or nothing. Whoever is asked twice by the same token writes once, so that a write whose
    /// answer was lost is simply asked for again.
    pub async fn commit(self) -> Result<Outcome, StoreError> {
        let Self { database, actions, published, .. } = self;
        if actions.is_empty() {
            return Ok(Outcome::Written);
        }
        let tables: BTreeSet<Table> = actions.iter().map(|(key, _)| key.table()).collect();
        let named = || database.call_on("dynamodb:TransactWriteItems", &tables);
        let items = lowered(database, actions)?;
        let token = database.ids().fresh();
        let mut attempts = database.attempts();
        let mut unknown = false;
        loop {
            let request = database.client().transact_write_items().client_request_token(&token);
            let fault = match request.set_transact_items(Some(items.clone())).send().await {
                Ok(_) => {
                    if !published.is_empty() {
                        database.inner.outgoing.push(published);
                        database.inner.tail.ring();
                    }
                    return Ok(Outcome::Written);
                }
                Err(error) => match error.as_service_error().and_then(cancelled) {
                    Some(Cancelled::Refused(actions)) => return Ok(Outcome::Refused(Refused(actions))),
                    Some(Cancelled::Nonsense(why)) => return Err(named().nonsense(why).into()),
                    Some(Cancelled::Contended) => None,
                    None => Some(named().fault(error)),
                },
            };
            if matches!(&fault, Some(Fault { kind: Kind::Unanswered(Applied::Unknown), .. })) {
                unknown = true;
            }
            if fault.as_ref().is_none_or(passes) && attempts.again().await {
                continue;
            }
            return Err(match fault {
                Some(fault) if unknown => StoreError::unknown(fault.to_string(), fault),
                Some(fault) => fault.into(),
                None if unknown => StoreError::unknown("a write went unanswered", "others are at the same items"),
                None => StoreError::Busy { retry_after: std::time::Duration::from_secs(1) },
            });
        }
    }
}
