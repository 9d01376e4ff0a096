//! Issuers a service process was told of, whose keys it reads over HTTP.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_ports::identity::{IdentityError, Issuer, Issuers};

const CONNECT: Duration = Duration::from_secs(2);
const WHOLE: Duration = Duration::from_secs(5);
/// Far more than any set of public keys.
const LARGEST: usize = 256 * 1024;

/// A fixed list of issuers, each with the address of its keys.
pub struct RemoteIssuers {
    issuers: Vec<(Arc<Issuer>, String)>,
    client: reqwest::Client,
}

impl RemoteIssuers {
    /// The addresses are ours to name: nothing in a token changes them, and redirects are not followed.
    pub fn new(issuers: impl IntoIterator<Item = (Issuer, String)>) -> Result<Self, IdentityError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| IdentityError::broken("no HTTP client could be made", error))?;
        let issuers = issuers.into_iter().map(|(issuer, keys)| (Arc::new(issuer), keys)).collect();
        Ok(Self { issuers, client })
    }
}

#[async_trait]
impl Issuers for RemoteIssuers {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        Ok(self.issuers.iter().find(|(issuer, _)| issuer.url == url).map(|(issuer, _)| Arc::clone(issuer)))
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError> {
        let Some((_, url)) = self.issuers.iter().find(|(known, _)| known.url == issuer.url) else {
            return Err(IdentityError::broken("an issuer it does not know was asked about", issuer.url.clone()));
        };
        let unreachable = |error| IdentityError::unavailable("an issuer's keys could not be read", error);
        let mut response = self.client.get(url).send().await.map_err(unreachable)?;
        if response.status() != reqwest::StatusCode::OK {
            let status = response.status().to_string();
            return Err(IdentityError::unavailable("an issuer did not give its keys", status));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(IdentityError::broken("an issuer's key set is too large", url.clone()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Several sources of issuers, asked in order. No two may know the same issuer.
pub struct AnyIssuers(pub Vec<Arc<dyn Issuers>>);

#[async_trait]
impl Issuers for AnyIssuers {
    async fn issuer(&self, url: &str) -> Result<Option<Arc<Issuer>>, IdentityError> {
        for source in &self.0 {
            if let Some(issuer) = source.issuer(url).await? {
                return Ok(Some(issuer));
            }
        }
        Ok(None)
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, IdentityError> {
        for source in &self.0 {
            if source.issuer(&issuer.url).await?.is_some() {
                return source.keys(issuer).await;
            }
        }
        Err(IdentityError::broken("an issuer it does not know was asked about", issuer.url.clone()))
    }
}
