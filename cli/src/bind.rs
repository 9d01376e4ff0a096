//! Listeners: a port in use says which, and by what flag to change it; a picked one is remembered.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use crate::files::write_private;

/// Ports that were picked at an earlier start, tried first at the next, so that URLs stay what they were.
pub struct Picked {
    file: PathBuf,
    ports: BTreeMap<String, u16>,
}

impl Picked {
    pub fn read(dir: &Path) -> Self {
        let file = dir.join("ports.json");
        let ports = std::fs::read(&file).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        Self { file, ports }
    }

    /// Listens at an address that came from `flag`.
    pub async fn bind(&mut self, address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
        if address.port() != 0 {
            return listen(address, flag).await;
        }
        if let Some(port) = self.ports.get(flag)
            && let Ok(listener) = TcpListener::bind(SocketAddr::new(address.ip(), *port)).await
        {
            return Ok(listener);
        }
        let listener = listen(address, flag).await?;
        self.ports.insert(flag.to_owned(), listener.local_addr()?.port());
        write_private(&self.file, &serde_json::to_vec_pretty(&self.ports)?)
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        Ok(listener)
    }
}

/// An address that a URL may name: one that stands for all of this machine's is reached at loopback.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What a client's `Host` says of an address, without the port.
pub fn host(address: SocketAddr) -> String {
    match reachable(address).ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Listens at an address that came from `flag`.
pub async fn listen(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {} is in use by another program; stop it, or choose another address with {flag} {}:PORT (0 picks one)",
            address.port(),
            address.ip()
        ),
        Err(e) => Err(e).with_context(|| format!("cannot listen at {address}; change it with {flag}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_names_the_flag() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let error =
            Picked::read(dir.path()).bind(taken.local_addr().unwrap(), "--listen").await.unwrap_err().to_string();
        assert!(
            error.contains("--listen") && error.contains(&taken.local_addr().unwrap().port().to_string()),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_picked_port_is_picked_again() {
        let dir = tempfile::tempdir().unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let first = Picked::read(dir.path()).bind(any, "--listen").await.unwrap().local_addr().unwrap();
        let again = Picked::read(dir.path()).bind(any, "--listen").await.unwrap().local_addr().unwrap();
        assert_eq!(first, again);
    }

    #[test]
    fn an_address_for_all_is_reached_at_loopback() {
        for (bound, url, said) in [
            ("0.0.0.0:80", "127.0.0.1:80", "127.0.0.1"),
            ("[::]:80", "[::1]:80", "[::1]"),
            ("192.0.2.7:80", "192.0.2.7:80", "192.0.2.7"),
            ("[2001:db8::7]:80", "[2001:db8::7]:80", "[2001:db8::7]"),
        ] {
            let bound: SocketAddr = bound.parse().unwrap();
            assert_eq!((reachable(bound).to_string().as_str(), host(bound).as_str()), (url, said));
        }
    }
}
