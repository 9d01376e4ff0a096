//! What every role on AWS is told.

use std::net::SocketAddr;

use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_web::http::Proxies;
use tenantry_web::telemetry::{self, LogFormat, Targets};

use super::Values;
use crate::config::origins::{Origins, host_name};
use crate::config::{Peers, parse};

pub struct Common {
    pub catalogue: Catalogue,
    pub listen: SocketAddr,
    pub metrics_listen: Option<SocketAddr>,
    pub hosts: Vec<String>,
    pub origins: Origins,
    pub peers: Peers,
    pub log_format: LogFormat,
    pub log: Targets,
    pub sources: Sources,
}

impl Common {
    /// None if something is wrong, which is noted.
    pub fn read(values: &mut Values) -> Option<Self> {
        let stage = values.read("stage", stage);
        let listen = values.read("listen", parse::address);
        let metrics_listen = values.read("metrics-listen", parse::address);
        let catalogue = values.some("catalogue").map(Into::into);
        let catalogue = parse::catalogue(catalogue, &mut values.faults);
        let both = values.origins("allowed-origin");
        let (portal, application) = (values.origins("portal-origin"), values.origins("application-origin"));
        let origins = Origins { portal, application }.and_both(&both);
        let hosts = values.list("allowed-host");
        let hosts = hosts.iter().filter_map(|host| values.faults.take("allowed-host", host_name(host))).collect();
        let proxies = values.list("trusted-proxy");
        let proxies =
            Proxies::new(proxies.iter().filter_map(|text| values.faults.take("trusted-proxy", text.parse())).collect());
        let connections_per_address = values.read("connections-per-address", parse::share);
        let log_format = values.read("log-format", parse::format);
        let log = values.read("log", telemetry::filter);
        let sources = Sources {
            control_plane: values.read("control-plane-source", parse::source).unwrap_or_default(),
            application_plane: values.read("application-plane-source", parse::source).unwrap_or_default(),
        };
        stage?;
        Some(Self {
            catalogue: catalogue?,
            listen: listen?,
            metrics_listen,
            hosts,
            origins,
            peers: Peers { proxies, connections_per_address },
            log_format: log_format?,
            log: log?,
            sources,
        })
    }
}

/// A stage's name is part of names that AWS restricts: load balancers', roles', domains'.
pub fn stage(text: &str) -> Result<String, String> {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    let rest = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if first && rest && text.len() <= 16 && !text.ends_with('-') {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} must be at most 16 of a-z, 0-9 and '-', begin with a letter and not end in '-'"))
    }
}
