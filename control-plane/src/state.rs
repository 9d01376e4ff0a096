//! What every handler and every loop works with.

use std::sync::Arc;

use axum::body::Bytes;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::operation::Budget;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::bus::Bus;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::Admins;
use tenantry_ports::ids::Ids;
use tenantry_ports::keys::KeyStore;
use tenantry_ports::log::EventLog;
use tenantry_ports::orphans::OrphanStore;
use tenantry_ports::secrets::Secrets;
use tenantry_ports::store::{StoreError, TenantStore};
use tenantry_web::Verifier;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::edge::cursor::Cursors;
use crate::events::Streams;
use crate::settings::Settings;
use crate::tenant_config::PublicLimit;

/// The ports the control plane stands on, and its settings.
#[derive(Clone)]
pub struct ControlPlane {
    pub store: Arc<dyn TenantStore>,
    pub orphans: Arc<dyn OrphanStore>,
    pub keys: Arc<dyn KeyStore>,
    pub secrets: Arc<dyn Secrets>,
    pub log: Arc<dyn EventLog>,
    pub bus: Arc<dyn Bus>,
    pub admins: Arc<dyn Admins>,
    pub verifier: Arc<Verifier>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub catalogue: Arc<Catalogue>,
    pub settings: Settings,
    /// Whether the process as a whole is ready to serve.
    pub ready: watch::Receiver<bool>,
    /// Ends the live event streams, which would otherwise hold up a shutdown.
    pub stop: CancellationToken,
}

impl ControlPlane {
    /// The tier's budget of today; a tier that has left the catalogue has its placement's.
    pub(crate) fn budget(&self, record: &TenantRecord) -> Budget {
        self.catalogue.tier(&record.tier).map_or_else(|| record.placement.default_budget(), |tier| tier.budget)
    }
}

/// The state handlers share: the ports and what is made of them once.
pub(crate) struct App {
    pub cp: ControlPlane,
    pub cursors: Cursors,
    pub public_limit: PublicLimit,
    pub streams: Arc<Streams>,
    /// Documents that never change while the process runs.
    pub openapi: Bytes,
    pub catalogue: Bytes,
}

pub(crate) type Shared = Arc<App>;

impl App {
    pub async fn new(cp: ControlPlane) -> Result<Self, StoreError> {
        let cursors = Cursors::new(&cp.secrets.secret("cursors").await?);
        let public_limit = PublicLimit::new(cp.settings.public_rate, Arc::clone(&cp.clock));
        let render = |what: &str, json: Result<Vec<u8>, serde_json::Error>| {
            json.map(Bytes::from).map_err(|e| StoreError::broken(format!("render the {what}"), e))
        };
        let openapi = render("OpenAPI document", serde_json::to_vec(&crate::openapi()))?;
        let streams = Arc::new(Streams::beside(tenantry_web::serve::places()));
        let catalogue = render("catalogue", crate::about::catalogue::render(&cp.catalogue))?;
        Ok(Self { cp, cursors, public_limit, streams, openapi, catalogue })
    }
}
