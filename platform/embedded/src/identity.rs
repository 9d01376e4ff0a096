//! A local OpenID Connect issuer shaped like Cognito: pools with clients and users, one issuer per pool.
//!
//! It keeps `identity.db`, writes mail as files, and answers over HTTP under `/{pool}/…` and, in Cognito's own
//! protocol, at `POST /`.

mod admins;
mod base_url;
mod ensure;
mod for_runtime;
mod http;
mod issuers;
mod keys;
mod language;
mod mail;
mod password;
mod pkce;
mod pools;
mod post;
mod redirect;
pub mod remote;
mod schema;
mod secret;
mod sign_in;
mod tenant_users;
#[cfg(test)]
mod tests;
mod throttle;
mod tickets;
mod tokens;
mod users;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::OptionalExtension as _;
use tenantry_contract::id::PoolId;
use tenantry_contract::name::Email;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::IdentityError;
use tenantry_ports::ids::Ids;
use tracing::Instrument as _;

pub use self::base_url::BaseUrl;
pub use self::ensure::{AdminPool, FirstAdmin};
pub use self::http::{CSRF_COOKIE, SESSION_COOKIE, checks_password, router};
use self::secret::ServerKey;
use crate::sqlite::{Mode, Place, Sqlite};

/// How long access and ID tokens are good.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
/// The scope of tokens from `InitiateAuth`.
pub const USER_SCOPE: &str = "aws.cognito.signin.user.admin";

/// The name of pages that are no tenant's.
const OURS: &str = "Tenantry";

const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
const CODE_LIFETIME: Duration = Duration::from_secs(60);
const CHALLENGE_LIFETIME: Duration = Duration::from_secs(3 * 60);
/// A person at the page needs longer than a program.
const PAGE_CHALLENGE_LIFETIME: Duration = Duration::from_secs(15 * 60);
const BROWSER_LIFETIME: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// Where mail goes, as `.eml` files.
    pub mail_dir: PathBuf,
    pub base_url: BaseUrl,
    /// The origin that this machine's own services reach the issuers at: no proxy is between.
    pub local_url: BaseUrl,
    /// Where the tenants' application may be sent back to, character by character; usually bare origins.
    pub app_origins: Vec<String>,
    /// The same for the provider's portal.
    pub portal_origins: Vec<String>,
    /// Groups of the admin pool. A user whose role is the name of one is in it.
    pub admin_groups: Vec<String>,
    pub first_admin_email: Email,
}

impl IdentityConfig {
    /// Without any application to send people back to.
    pub fn new(mail_dir: PathBuf, base_url: BaseUrl) -> Self {
        let Ok(first_admin_email) = Email::parse("admin@example.com") else {
            unreachable!("a constant that is an e-mail address")
        };
        Self {
            mail_dir,
            local_url: base_url.clone(),
            base_url,
            app_origins: Vec::new(),
            portal_origins: Vec::new(),
            admin_groups: vec!["SystemAdmin".to_owned(), "SystemViewer".to_owned()],
            first_admin_email,
        }
    }
}

/// Every local issuer, with its pools, users, keys and sessions. A cheap handle.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    db: Sqlite,
    config: IdentityConfig,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    key: ServerKey,
    hasher: password::Hasher,
    throttle: throttle::Throttle,
    post: post::Post,
}

impl Identity {
    /// Refuses a file that a newer version wrote, before anything beside it is touched.
    pub fn check(file: &std::path::Path) -> Result<(), OpenError> {
        Ok(crate::sqlite::refuse_newer(file, schema::MIGRATIONS)?)
    }

    /// Opens or makes the file. Must be called on a tokio runtime: mail that is owed is written by a task.
    pub async fn open(
        place: Place,
        mode: Mode,
        config: IdentityConfig,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, OpenError> {
        if let Place::File(path) = &place {
            private(path)?;
        }
        let mailbox = mail::Mailbox::open(&config.mail_dir)
            .map_err(|cause| OpenError::Files { path: config.mail_dir.clone(), cause })?;
        let db = Sqlite::open(place, mode, schema::MIGRATIONS)?;
        let mut fresh = [0; 32];
        ids.fill(&mut fresh);
        let key = db
            .write(move |conn| {
                conn.execute("INSERT INTO server_key (id, key) VALUES (1, ?1) ON CONFLICT DO NOTHING", [fresh])?;
                conn.query_row("SELECT key FROM server_key", [], |row| row.get::<_, [u8; 32]>(0)).optional()
            })
            .await
            .map_err(|e| OpenError::Identity(e.into()))?
            .unwrap_or(fresh);
        let key = ServerKey::new(key);
        let post = post::Post::open(mailbox, db.clone(), config.base_url.clone(), key.clone());
        Ok(Self(Arc::new(Inner {
            db,
            config,
            clock,
            ids,
            key,
            hasher: password::Hasher::new(),
            throttle: throttle::Throttle::default(),
            post,
        })))
    }

    /// Takes no more work and folds the log into the file.
    pub async fn close(&self) {
        self.0.db.close().await;
    }

    /// The `iss` of a pool's tokens.
    pub fn issuer_url(&self, pool: &PoolId) -> String {
        self.url_of(pool.as_str())
    }

    /// Where a service that holds the pool's service token manages users.
    pub fn users_url(&self, pool: &PoolId) -> String {
        format!("{}/{pool}/admin/users", self.0.config.local_url.get())
    }

    /// Where a service on this machine reads the keys of a pool.
    pub fn jwks_url(&self, pool: &PoolId) -> String {
        format!("{}/{pool}/.well-known/jwks.json", self.0.config.local_url.get())
    }

    /// Opens the users of one pool to whoever has it, over HTTP. The same at every start.
    pub fn service_token(&self, pool: &PoolId) -> String {
        self.0.key.derive_text("service-token", &[pool.as_str().as_bytes()])
    }

    fn url_of(&self, pool: &str) -> String {
        format!("{}/{pool}", self.0.config.base_url.get())
    }

    /// In whose name the pool's pages ask: the tenant's, if the pool is its alone.
    async fn brand(&self, pool: &pools::Pool) -> Result<String, IdentityError> {
        let pool = pool.clone();
        let tenant = self.0.db.read(move |conn| pools::tenant_name(conn, &pool)).await?;
        Ok(tenant.unwrap_or_else(|| OURS.to_owned()))
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Redirect URIs of a pool's client for people.
    fn redirects(&self, owner: &pools::PoolOwner) -> &[String] {
        match owner {
            pools::PoolOwner::Admins => &self.0.config.portal_origins,
            pools::PoolOwner::Of(_) => &self.0.config.app_origins,
        }
    }
}

/// Why the issuer could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Database(#[from] crate::sqlite::OpenError),
    #[error("{} cannot be made", .path.display())]
    Files {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("the issuer's file cannot be used")]
    Identity(#[source] IdentityError),
}

/// Before a secret is in it, the file is its owner's alone; SQLite gives its companions the same mode.
fn private(path: &std::path::Path) -> Result<(), OpenError> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let wrong = |cause| OpenError::Files { path: path.to_owned(), cause };
    let file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(wrong)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(wrong)
}

/// Goes on to its end also when whoever asked is gone: a user that is kept must get its mail.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, IdentityError>> + Send + 'static,
) -> Result<T, IdentityError> {
    let ended = tokio::spawn(work.in_current_span()).await;
    ended.unwrap_or_else(|cause| Err(IdentityError::unknown("it was cut short", cause)))
}
