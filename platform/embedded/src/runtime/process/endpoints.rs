//! Who answers where: in memory alone, published when a service is healthy and withdrawn the moment it ends.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;

use super::probe;

type Table = HashMap<Owner, HashMap<ServiceName, Vec<Endpoint>>>;

pub struct Endpoints {
    table: RwLock<Table>,
    /// How long a suspect may take to answer.
    patience: Duration,
    /// Spreads requests over replicas.
    turn: AtomicUsize,
}

#[derive(Clone)]
struct Endpoint {
    address: SocketAddr,
    health_path: Arc<str>,
    /// Somebody found it wanting since it was last asked.
    suspect: bool,
}

/// A published endpoint; withdrawn when dropped.
pub struct Published {
    endpoints: Arc<Endpoints>,
    owner: Owner,
    service: ServiceName,
    address: SocketAddr,
}

impl Endpoints {
    pub fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self { table: RwLock::default(), patience, turn: AtomicUsize::new(0) })
    }

    pub fn publish(
        self: &Arc<Self>,
        owner: &Owner,
        service: &ServiceName,
        address: SocketAddr,
        health_path: &str,
    ) -> Published {
        let endpoint = Endpoint { address, health_path: health_path.into(), suspect: false };
        self.write().entry(owner.clone()).or_default().entry(service.clone()).or_default().push(endpoint);
        Published { endpoints: Arc::clone(self), owner: owner.clone(), service: service.clone(), address }
    }

    /// One that is well. A suspect is asked first.
    pub async fn locate(&self, owner: &Owner, service: &ServiceName) -> Option<SocketAddr> {
        let suspects = match self.pick(owner, service) {
            Ok(address) => return Some(address),
            Err(suspects) => suspects,
        };
        for Endpoint { address, health_path, .. } in suspects {
            if probe::ask(address, &health_path, self.patience).await.is_ok()
                && self.mark(owner, service, address, false)
            {
                return Some(address);
            }
        }
        None
    }

    pub fn forget(&self, owner: &Owner, service: &ServiceName, address: SocketAddr) {
        self.mark(owner, service, address, true);
    }

    fn pick(&self, owner: &Owner, service: &ServiceName) -> Result<SocketAddr, Vec<Endpoint>> {
        let table = self.read();
        let Some(all) = table.get(owner).and_then(|of| of.get(service)) else { return Err(Vec::new()) };
        if let [Endpoint { address, suspect: false, .. }] = all.as_slice() {
            return Ok(*address);
        }
        let well = || all.iter().filter(|endpoint| !endpoint.suspect);
        match well().count() {
            0 => Err(all.clone()),
            n => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed) % n;
                well().nth(turn).map(|endpoint| endpoint.address).ok_or_else(Vec::new)
            }
        }
    }

    /// False if it is not published any more.
    fn mark(&self, owner: &Owner, service: &ServiceName, address: SocketAddr, suspect: bool) -> bool {
        let mut table = self.write();
        let found = table
            .get_mut(owner)
            .and_then(|of| of.get_mut(service))
            .and_then(|all| all.iter_mut().find(|endpoint| endpoint.address == address));
        match found {
            Some(endpoint) => {
                endpoint.suspect = suspect;
                true
            }
            None => false,
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let mut table = self.endpoints.write();
        if let Some(of) = table.get_mut(&self.owner) {
            if let Some(all) = of.get_mut(&self.service) {
                all.retain(|endpoint| endpoint.address != self.address);
                if all.is_empty() {
                    of.remove(&self.service);
                }
            }
            if of.is_empty() {
                table.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> ServiceName {
        ServiceName::parse("orders").unwrap()
    }

    #[tokio::test]
    async fn replicas_take_turns_and_a_forgotten_one_must_answer_first() {
        let endpoints = Endpoints::new(Duration::from_secs(30));
        let (a, b) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let one = endpoints.publish(&Owner::Stage, &orders(), a, "/");
        let two = endpoints.publish(&Owner::Stage, &orders(), b, "/");
        let first = endpoints.locate(&Owner::Stage, &orders()).await;
        assert_ne!(first, endpoints.locate(&Owner::Stage, &orders()).await);
        endpoints.forget(&Owner::Stage, &orders(), a);
        assert_eq!(endpoints.locate(&Owner::Stage, &orders()).await, Some(b));
        drop(two);
        assert_eq!(endpoints.locate(&Owner::Stage, &orders()).await, None, "nobody answers there");
        drop(one);
        assert!(endpoints.read().is_empty());
    }
}
