//! `tenantry up`: control plane, provisioner and gateway in one process, services as its children, everything
//! kept in one directory.

mod credentials;
mod private;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use tenantry_contract::catalogue::Catalogue;
use tenantry_embedded::clock::SystemClock;
use tenantry_embedded::database::{Database, Deps};
use tenantry_embedded::identity::{self, BaseUrl, Identity, IdentityConfig};
use tenantry_embedded::ids::RandomIds;
use tenantry_embedded::runtime::{LocalRuntime, LocalRuntimeConfig, Pace};
use tenantry_embedded::sqlite::{Mode, Place};
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::Issuers;
use tenantry_ports::ids::Ids;
use tenantry_provisioner::EngineConfig;
use tenantry_web::http::limit_at_once_per_address;
use tenantry_web::serve::allow_many_files;
use tenantry_web::{AnyIssuers, Lifecycle, RemoteIssuers, telemetry};
use tokio::net::TcpListener;

use self::credentials::Credentials;
use self::private::keep_private;
use crate::background::Background;
use crate::bind::{Picked, host, reachable};
use crate::config::{Peers, PublicUrl, Roles, UpSettings, variable};
use crate::lasting;
use crate::parts::{Parts, Ports};
use crate::signals::Stop;
use crate::tiers;

/// The two steps of an end, together below the ten seconds that whoever stops us allows.
const DRAIN: Duration = Duration::from_secs(5);
const REAP: Duration = Duration::from_secs(4);
/// Passwords of one address that are checked, or wait for their turn, at once. The issuer's queue has 64 places.
const PASSWORDS_PER_ADDRESS: usize = 4;
/// All of it, with the files closed.
const END: Duration = Duration::from_millis(9_600);

pub async fn run(settings: UpSettings, started: Instant) -> anyhow::Result<ExitCode> {
    let UpSettings {
        data_dir,
        listen,
        gateway_listen,
        metrics_listen,
        roles,
        catalogue,
        origins,
        allowed_hosts,
        public,
        peers,
        policy,
        sources,
        log_format,
        log,
    } = settings;
    // All that is kept here, by services too, is for this user's eyes: names, addresses, data.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    telemetry::init(log_format, log)?;
    allow_many_files();
    let mut stop = Stop::listen()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids: Arc<dyn Ids> = Arc::new(RandomIds::new(Arc::clone(&clock)));
    let catalogue = Arc::new(catalogue);

    let identity_file = data_dir.join("identity.db");
    Identity::check(&identity_file)?;
    // The directory is held from here on: nothing before this writes.
    let database =
        Database::open(&data_dir, Deps { clock: clock.clone(), ids: ids.clone(), sources: sources.clone() })?;
    keep_private(&data_dir).with_context(|| format!("cannot look after {}", data_dir.display()))?;
    tiers::check(&database, &catalogue).await?;
    let metrics = metrics_listen.map(|at| tenantry_web::metrics::install().map(|m| (at, m))).transpose()?;

    let mut picked = Picked::read(&data_dir);
    let api = picked.bind(listen, "--listen").await?;
    let api_url = url(&api, "--listen")?;
    let gateway = if roles.gateway { Some(picked.bind(gateway_listen, "--gateway-listen").await?) } else { None };
    let gateway_url = gateway.as_ref().map(|gateway| url(gateway, "--gateway-listen")).transpose()?;

    let local_api = BaseUrl::fixed(&api_url);
    let hosts = [listen, gateway_listen].into_iter().chain(metrics_listen).map(host).chain(allowed_hosts);
    let hosts = hosts.chain(public.hosts()).collect();
    let api_url = announced(api_url, public.url, "--listen");
    let gateway_url = gateway_url.map(|url| announced(url, public.gateway_url, "--gateway-listen"));

    let config = IdentityConfig {
        local_url: local_api,
        app_origins: origins.application.clone(),
        portal_origins: origins.portal.clone(),
        admin_groups: policy.groups().map(str::to_owned).collect(),
        first_admin_email: public.admin_email,
        ..IdentityConfig::new(data_dir.join("mail"), BaseUrl::fixed(&api_url))
    };
    let identity =
        Identity::open(Place::File(identity_file), Mode::Threaded, config, clock.clone(), ids.clone()).await?;
    let admins = identity.ensure_admin_pool().await?;

    let processes = processes(data_dir.clone(), catalogue.clone())?;
    let runtime = Arc::new(LocalRuntime::open(processes, Arc::new(identity.clone()))?);

    let trusted = AnyIssuers(vec![Arc::new(identity.clone()), Arc::new(RemoteIssuers::new(public.oidc.issuers)?)]);
    let lifecycle = Lifecycle::new(DRAIN);
    let background = Background::start()?;
    let parts = Parts {
        ports: ports(&database, &identity, Arc::new(trusted), clock, ids),
        catalogue,
        issuer_base: api_url.clone(),
        claims: public.oidc.claims,
        sources,
        gateway_url: gateway_url.clone(),
        origins,
        policy,
        hosts,
        peers: peers.clone(),
        lifecycle: lifecycle.clone(),
        background: background.handle(),
    };
    let issuers = issuer_routes(&identity, peers);
    if roles.control_plane {
        parts.serve_control_plane(api, issuers).await?;
    } else {
        parts.serve_health(api, issuers);
    }
    if let Some(gateway) = gateway {
        parts.serve_gateway(gateway, runtime.clone(), Some(database.closing()));
    }
    if roles.provisioner {
        parts.provision(runtime.clone(), EngineConfig::default());
    }
    if let Some((at, metrics)) = metrics {
        parts.serve_metrics(picked.bind(at, "--metrics-listen").await?, &metrics);
    }

    let urls = (roles.control_plane.then_some(api_url.as_str()), gateway_url.as_deref());
    Credentials::new(urls, admins).write(&data_dir)?;
    lifecycle.set_ready();
    let took = started.elapsed().as_millis();
    let running = running(roles, &api_url, gateway_url.as_deref());
    println!("Tenantry is ready in {took} ms: {running} data {}", data_dir.display());

    lasting::end(&mut stop, &lifecycle).await;
    let deadline = tokio::time::Instant::now() + END;
    lifecycle.shutdown().await;
    runtime.shutdown(REAP).await;
    within(deadline, async { tokio::join!(identity.close(), database.close()) }).await;
    tracing::info!("stopped");
    Ok(lasting::outcome(&lifecycle))
}

/// The issuers' routes. Each address waits for its own password checks.
fn issuer_routes(identity: &Identity, peers: Peers) -> Router {
    let routes = identity::router(identity.clone());
    limit_at_once_per_address(routes, peers.proxies, PASSWORDS_PER_ADDRESS, identity::checks_password)
}

fn processes(dir: PathBuf, catalogue: Arc<Catalogue>) -> anyhow::Result<LocalRuntimeConfig> {
    Ok(LocalRuntimeConfig {
        dir,
        program: std::env::current_exe().context("cannot find this program's own file")?,
        catalogue,
        path: variable("PATH").unwrap_or_default(),
        lang: variable("LANG").unwrap_or_else(|| "C.UTF-8".into()),
        pace: Pace::default(),
    })
}

/// Everything acknowledged is on disk already: what is cut off here, the last fold of a log into its file, is done by
/// the next start.
async fn within(deadline: tokio::time::Instant, closing: impl Future<Output = ((), ())>) {
    if tokio::time::timeout_at(deadline, closing).await.is_err() {
        tracing::warn!("the files are not tidied up in time; the next start does it");
    }
}

/// Where a listener is reached. One that others can reach has to be told what it is.
fn url(listener: &TcpListener, flag: &str) -> std::io::Result<String> {
    let at = listener.local_addr()?;
    if !at.ip().is_loopback() {
        tracing::warn!(
            "{flag} {at} is open to other machines over plain HTTP: tokens and passwords pass it unencrypted"
        );
    }
    Ok(format!("http://{}", reachable(at)))
}

/// The URL that others are told: the public one, if a proxy is before the listener.
fn announced(local: String, public: Option<PublicUrl>, flag: &str) -> String {
    let Some(public) = public else { return local };
    tracing::info!("{flag} answers at {local}, and others reach it at {}", public.origin);
    public.origin
}

/// What runs here and where it is, for people.
fn running(roles: Roles, api: &str, gateway: Option<&str>) -> String {
    let first = if roles.control_plane { "API" } else { "sign-in" };
    let gateway = gateway.map(|url| format!(" gateway {url}/")).unwrap_or_default();
    let missing = roles.missing();
    let without = if missing.is_empty() { String::new() } else { format!(" (without {})", missing.join(", ")) };
    format!("{first} {api}/{gateway}{without}")
}

/// Every port, served by what this one machine has.
fn ports(
    database: &Database,
    identity: &Identity,
    issuers: Arc<dyn Issuers>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Ports {
    let store = Arc::new(database.clone());
    let people = Arc::new(identity.clone());
    Ports {
        store: store.clone(),
        work: store.clone(),
        bus: store.clone(),
        log: store.clone(),
        orphans: store.clone(),
        keys: store.clone(),
        secrets: store.clone(),
        usage: store,
        admins: people,
        issuers,
        clock,
        ids,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn no_service_sets_the_issuers_cookies() {
        for cookie in [identity::SESSION_COOKIE, identity::CSRF_COOKIE] {
            assert!(cookie.starts_with(tenantry_gateway::ISSUER_COOKIES), "{cookie}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn closing_waits_no_longer_than_the_deadline() {
        let (began, deadline) = (Instant::now(), Instant::now() + END);
        within(deadline, std::future::pending()).await;
        assert!(began.elapsed() >= END && began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        within(Instant::now() + END, std::future::ready(((), ()))).await;
        assert!(began.elapsed() < Duration::from_secs(10), "what is closed is not waited for");
    }
}
