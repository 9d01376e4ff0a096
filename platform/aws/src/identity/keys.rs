//! Where a pool's public keys are, and reading them.

use std::time::Duration;

use tenantry_contract::id::PoolId;
use tenantry_ports::identity::IdentityError;

const CONNECT: Duration = Duration::from_secs(2);
const WHOLE: Duration = Duration::from_secs(5);
/// Far more than any set of public keys.
const LARGEST: usize = 256 * 1024;

pub(super) struct Keys {
    /// In place of Cognito's own address, for an emulator.
    endpoint: Option<String>,
    client: reqwest::Client,
}

/// The `iss` of a pool's tokens: whatever leads to Cognito, it says its own name.
pub(super) fn issuer_url(pool: &PoolId) -> String {
    format!("{}/{pool}", issuer_base(region(pool)))
}

/// What comes before the pool's id in the issuers of a region.
pub fn issuer_base(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://cognito-idp.{region}.{domain}")
}

/// A pool's id begins with its region.
fn region(pool: &PoolId) -> &str {
    pool.as_str().split_once('_').map_or("", |(region, _)| region)
}

impl Keys {
    pub(super) fn new(endpoint: Option<&str>) -> Result<Self, IdentityError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| IdentityError::broken("no HTTP client could be made", error))?;
        Ok(Self { endpoint: endpoint.map(|url| url.trim_end_matches('/').to_owned()), client })
    }

    pub(super) fn url(&self, pool: &PoolId) -> String {
        let issuer = match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/{pool}"),
            None => issuer_url(pool),
        };
        format!("{issuer}/.well-known/jwks.json")
    }

    pub(super) async fn read(&self, pool: &PoolId) -> Result<Vec<u8>, IdentityError> {
        let url = self.url(pool);
        let unread = |error| IdentityError::unavailable(format!("the keys at {url} could not be read"), error);
        let mut response = self.client.get(&url).send().await.map_err(unread)?;
        if response.status() != reqwest::StatusCode::OK {
            let status = response.status().to_string();
            return Err(IdentityError::unavailable(format!("there are no keys at {url}"), status));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unread)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(super::errors::refused(format!("the key set at {url} is too large")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_named_by_cognito_and_read_where_we_are_led() {
        let pool = PoolId::parse("eu-west-1_abc").unwrap();
        let cognito = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc";
        assert_eq!(issuer_url(&pool), cognito);
        assert_eq!(Keys::new(None).unwrap().url(&pool), format!("{cognito}/.well-known/jwks.json"));
        let emulator = Keys::new(Some("http://127.0.0.1:4566/")).unwrap();
        assert_eq!(emulator.url(&pool), "http://127.0.0.1:4566/eu-west-1_abc/.well-known/jwks.json");
        let china = PoolId::parse("cn-north-1_abc").unwrap();
        assert_eq!(issuer_url(&china), "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_abc");
    }
}
