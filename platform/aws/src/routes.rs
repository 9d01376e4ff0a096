//! Where services answer: names in the shared Cloud Map namespaces, resolved and kept for ten seconds.

mod resolver;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;
use tenantry_ports::routes::Routes;
use tenantry_ports::runtime::RuntimeError;
use tokio::time::Instant;

pub use self::resolver::Resolver;
use crate::runtime::names;
use crate::runtime::place::Namespace;

/// The DNS records' own time to live.
const FRESH: Duration = Duration::from_secs(10);
/// A service that is not there may come at any moment, and yet is not looked for with every request.
const FRESH_ABSENCE: Duration = Duration::from_secs(1);

pub struct CloudMapRoutes {
    namespaces: Vec<Namespace>,
    catalogue: Arc<Catalogue>,
    resolver: Resolver,
    known: Mutex<HashMap<Key, Arc<Entry>>>,
}

type Key = (Owner, ServiceName);

#[derive(Default)]
struct Entry {
    answer: Mutex<Option<Answer>>,
    /// Held by who looks: the others wait for what comes of it.
    looking: tokio::sync::Mutex<()>,
    turn: AtomicUsize,
}

#[derive(Clone)]
struct Answer {
    at: Instant,
    addresses: Arc<[IpAddr]>,
}

impl Answer {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < if self.addresses.is_empty() { FRESH_ABSENCE } else { FRESH }
    }
}

impl Entry {
    fn fresh(&self) -> Option<Answer> {
        self.last().filter(Answer::is_fresh)
    }

    fn last(&self) -> Option<Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, answer: Option<Answer>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

impl CloudMapRoutes {
    /// The first namespace has the stage's own services.
    pub fn new(namespaces: Vec<Namespace>, catalogue: Arc<Catalogue>, resolver: Resolver) -> Self {
        Self { namespaces, catalogue, resolver, known: Mutex::default() }
    }

    fn entry(&self, owner: &Owner, service: &ServiceName) -> Arc<Entry> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry((owner.clone(), service.clone())).or_default())
    }

    async fn look(&self, owner: &Owner, service: &ServiceName) -> Result<Vec<IpAddr>, RuntimeError> {
        if owner == &Owner::Stage {
            return match self.namespaces.first() {
                Some(namespace) => self.resolver.addresses(namespace, &names::label(service, owner)).await,
                None => Ok(Vec::new()),
            };
        }
        let label = names::label(service, owner);
        for namespace in preferred(&self.namespaces, &label) {
            let addresses = self.resolver.addresses(namespace, &label).await?;
            if !addresses.is_empty() {
                return Ok(addresses);
            }
        }
        Ok(Vec::new())
    }

    async fn answer(&self, entry: &Entry, owner: &Owner, service: &ServiceName) -> Result<Answer, RuntimeError> {
        if let Some(answer) = entry.fresh() {
            return Ok(answer);
        }
        let _looking = entry.looking.lock().await;
        if let Some(answer) = entry.fresh() {
            return Ok(answer);
        }
        let at = Instant::now();
        match self.look(owner, service).await {
            Ok(addresses) => {
                let answer = Answer { at, addresses: addresses.into() };
                entry.set(Some(answer.clone()));
                Ok(answer)
            }
            // An old answer is better than none: who finds nobody there says so.
            Err(e) => entry.last().filter(|answer| !answer.addresses.is_empty()).ok_or(e),
        }
    }
}

#[async_trait]
impl Routes for CloudMapRoutes {
    async fn locate(&self, owner: &Owner, service: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError> {
        let Some(port) = self.catalogue.service(service).map(|known| known.port) else { return Ok(None) };
        let entry = self.entry(owner, service);
        let addresses = self.answer(&entry, owner, service).await?.addresses;
        if addresses.is_empty() {
            return Ok(None);
        }
        // Each in turn.
        let turn = entry.turn.fetch_add(1, Ordering::Relaxed);
        Ok(addresses.get(turn % addresses.len()).map(|ip| SocketAddr::new(*ip, port)))
    }

    fn forget(&self, owner: &Owner, service: &ServiceName, address: SocketAddr) {
        let entry = self.entry(owner, service);
        if entry.last().is_some_and(|answer| answer.addresses.contains(&address.ip())) {
            entry.set(None);
        }
    }
}

/// The namespaces in the order in which a name is looked for, and made in the first with room: the same wherever it
/// is asked for, and spread over all. A new namespace moves few names, and those are found where they are.
pub fn preferred<'a>(namespaces: &'a [Namespace], label: &str) -> Vec<&'a Namespace> {
    let mut ordered: Vec<_> = namespaces.iter().collect();
    ordered.sort_by_cached_key(|namespace| names::digest(&format!("{label} {}", namespace.id)));
    ordered
}

#[cfg(test)]
mod tests;
