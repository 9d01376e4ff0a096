//! Checks tokens, and remembers those it has checked.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use quick_cache::sync::Cache;
use tenantry_contract::time::Timestamp;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::{Algorithm, Issuers};

use super::keys::Keys;
use super::token::{Named, Token};
use super::{AuthError, ClaimMap, Verified, claims};

/// Tokens remembered at most.
const REMEMBERED: usize = 20_000;
/// A remembered token is checked again after so long: its issuer may be gone, or its key taken back.
const RECHECK: Duration = Duration::from_secs(10);

type Digest = [u8; SHA256_OUTPUT_LEN];

/// Checks tokens of the issuers it is given.
pub struct Verifier {
    issuers: Arc<dyn Issuers>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    seen: Cache<Digest, Arc<Seen>>,
    /// Of issuers whose claims are not Cognito's, by their URLs.
    foreign: HashMap<String, ClaimMap>,
}

struct Seen {
    verified: Arc<Verified>,
    /// When it was last checked, in milliseconds.
    checked: AtomicI64,
}

impl Verifier {
    pub fn new(issuers: Arc<dyn Issuers>, clock: Arc<dyn Clock>) -> Self {
        Self { issuers, clock, keys: Keys::default(), seen: Cache::new(REMEMBERED), foreign: HashMap::new() }
    }

    /// Reads the tokens of these issuers in their own way. They must be among the issuers it knows.
    #[must_use]
    pub fn reading(mut self, issuer_url: impl Into<String>, claims: ClaimMap) -> Self {
        self.foreign.insert(issuer_url.into(), claims);
        self
    }

    /// Checks a token, without its `Bearer`.
    pub async fn verify(&self, bearer: &str) -> Result<Arc<Verified>, AuthError> {
        if bearer.is_empty() {
            return Err(AuthError::Missing);
        }
        let now = self.clock.now();
        let key = fingerprint(bearer);
        match self.seen.get(&key) {
            None => self.remember(bearer, key, now).await,
            Some(seen) if claims::expired(seen.verified.expires, now) => {
                self.seen.remove(&key);
                Err(AuthError::Invalid("expired"))
            }
            Some(seen) => {
                let Some(_claim) = seen.claim_recheck(now) else { return Ok(Arc::clone(&seen.verified)) };
                let again = self.remember(bearer, key, now).await;
                if let Err(AuthError::Missing | AuthError::Invalid(_)) = &again {
                    self.seen.remove(&key);
                }
                again
            }
        }
    }

    async fn remember(&self, bearer: &str, key: Digest, now: Timestamp) -> Result<Arc<Verified>, AuthError> {
        let verified = Arc::new(self.check(bearer, now).await?);
        let seen = Seen { verified: Arc::clone(&verified), checked: AtomicI64::new(now.millis()) };
        self.seen.insert(key, Arc::new(seen));
        Ok(verified)
    }

    /// From nothing: issuer, algorithm, key, signature, claims.
    async fn check(&self, bearer: &str, now: Timestamp) -> Result<Verified, AuthError> {
        let token = Token::parse(bearer)?;
        let url = token.issuer()?;
        let Some(issuer) = self.issuers.issuer(url).await.map_err(AuthError::Unavailable)? else {
            self.keys.forget(url);
            return Err(AuthError::Invalid("of an unknown issuer"));
        };
        if token.algorithm != Named::Pinnable(issuer.algorithm) {
            return Err(AuthError::Invalid("of another algorithm than its issuer's"));
        }
        let key = self.keys.get(&self.issuers, &issuer, &token.kid, now).await?;
        let algorithm = match issuer.algorithm {
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        };
        let signed = jsonwebtoken::crypto::verify(token.signature, token.message.as_bytes(), &key, algorithm);
        if !matches!(signed, Ok(true)) {
            return Err(AuthError::Invalid("its signature is wrong"));
        }
        match self.foreign.get(&issuer.url) {
            Some(map) => map.check(issuer, token.claims, now),
            None => claims::check(issuer, token.claims, now),
        }
    }
}

impl Seen {
    /// When it is time, lets one caller through to check again; the others go on with what is known.
    fn claim_recheck(&self, now: Timestamp) -> Option<Claim<'_>> {
        let before = self.checked.load(Ordering::Relaxed);
        if now.is_within(RECHECK, Timestamp::from_millis(before)) {
            return None;
        }
        let claimed = self.checked.compare_exchange(before, now.millis(), Ordering::Relaxed, Ordering::Relaxed);
        claimed.is_ok().then_some(Claim { seen: self, before })
    }
}

/// Somebody is checking again. A check that ends well puts a new entry in this one's place; after any other end,
/// a caller that went away included, it is time again.
struct Claim<'a> {
    seen: &'a Seen,
    before: i64,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.seen.checked.store(self.before, Ordering::Relaxed);
    }
}

fn fingerprint(bearer: &str) -> Digest {
    let mut bytes = [0; SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest(&SHA256, bearer.as_bytes()).as_ref());
    bytes
}
