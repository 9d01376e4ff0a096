//! Free ports, and whose they were: a freed one is not given to another owner at once, as somebody may still hold
//! the old address.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_contract::resource::Owner;
use tokio::time::Instant;

pub struct Ports {
    table: Mutex<HashMap<u16, Port>>,
    quarantine: Duration,
}

struct Port {
    owner: Owner,
    /// None while it is used.
    freed: Option<Instant>,
}

/// A port in use; freed when dropped.
pub struct Lease {
    ports: Arc<Ports>,
    pub port: u16,
}

/// How often the kernel is asked for another when it names one that is in quarantine.
const TRIES: usize = 64;

impl Ports {
    pub fn new(quarantine: Duration) -> Arc<Self> {
        Arc::new(Self { table: Mutex::default(), quarantine })
    }

    /// A port nobody listens on; the preferred one if that may be.
    pub fn take(self: &Arc<Self>, owner: &Owner, preferred: Option<u16>) -> io::Result<Lease> {
        let mut table = self.lock();
        table.retain(|_, port| port.freed.is_none_or(|at| at.elapsed() < self.quarantine));
        if let Some(port) = preferred
            && may_have(&table, port, owner)
            && let Ok(port) = listenable(port)
        {
            return Ok(self.lease(&mut table, port, owner));
        }
        for _ in 0..TRIES {
            let port = listenable(0)?;
            if may_have(&table, port, owner) {
                return Ok(self.lease(&mut table, port, owner));
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "no port is free that another owner has not just left"))
    }

    fn lease(self: &Arc<Self>, table: &mut HashMap<u16, Port>, port: u16, owner: &Owner) -> Lease {
        table.insert(port, Port { owner: owner.clone(), freed: None });
        Lease { ports: Arc::clone(self), port }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u16, Port>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn may_have(table: &HashMap<u16, Port>, port: u16, owner: &Owner) -> bool {
    table.get(&port).is_none_or(|known| known.freed.is_some() && &known.owner == owner)
}

/// The kernel's word that the port (0: any) can be listened on just now.
fn listenable(port: u16) -> io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.local_addr().map(|address| address.port())
}

impl Lease {
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(port) = self.ports.lock().get_mut(&self.port) {
            port.freed = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenantry_contract::id::TenantId;

    const QUARANTINE: Duration = Duration::from_secs(60);

    fn owner(id: &str) -> Owner {
        Owner::Tenant(TenantId::parse(id).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_freed_port_waits_for_its_owner() {
        let ports = Ports::new(QUARANTINE);
        let port = ports.take(&owner("a"), None).unwrap().port;
        assert_ne!(ports.take(&owner("b"), Some(port)).unwrap().port, port, "still in quarantine");
        assert_eq!(ports.take(&owner("a"), Some(port)).unwrap().port, port, "its own again");
        tokio::time::advance(QUARANTINE).await;
        assert_eq!(ports.take(&owner("b"), Some(port)).unwrap().port, port, "long enough ago");
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_in_use_is_nobody_elses() {
        let ports = Ports::new(QUARANTINE);
        let held = ports.take(&owner("a"), None).unwrap();
        tokio::time::advance(QUARANTINE * 2).await;
        assert_ne!(ports.take(&owner("a"), Some(held.port)).unwrap().port, held.port);
        assert_ne!(ports.take(&owner("b"), Some(held.port)).unwrap().port, held.port);
    }

    #[tokio::test]
    async fn a_port_a_foreign_program_took_is_not_given() {
        let foreign = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = foreign.local_addr().unwrap().port();
        assert_ne!(Ports::new(QUARANTINE).take(&owner("a"), Some(taken)).unwrap().port, taken);
    }
}
