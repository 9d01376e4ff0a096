//! Signing keys: one that signs, and those before it, published until the last token they signed has expired.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey};
use rusqlite::{Connection, OptionalExtension as _, params};
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::IdentityError;

/// How long a key signs before another takes its place.
pub(super) const SIGNS_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long it is published after that: the life of a token, and an hour for clocks that differ.
const PUBLISHED_FOR: Duration = Duration::from_secs(super::TOKEN_LIFETIME.as_secs() + 3600);

/// A key as it is stored. The private part never leaves this module but to sign.
pub(super) struct SigningKey {
    pub(super) kid: String,
    pkcs8: Vec<u8>,
    pub(super) created: Timestamp,
}

impl SigningKey {
    /// A key that is not stored yet. Its bits are the library's own, not the `Ids` port's: it takes no seed.
    pub(super) fn make(kid: String, now: Timestamp) -> Result<Self, IdentityError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|e| IdentityError::broken("a signing key could not be made", e.to_string()))?;
        Ok(Self { kid, pkcs8: document.as_ref().to_vec(), created: now })
    }

    pub(super) fn encoding(&self) -> EncodingKey {
        EncodingKey::from_ec_der(&self.pkcs8)
    }

    fn jwk(&self) -> Result<Jwk, IdentityError> {
        let mut jwk = Jwk::from_encoding_key(&self.encoding(), Algorithm::ES256)
            .map_err(|e| IdentityError::broken("a stored signing key is no key", e))?;
        jwk.common.key_id = Some(self.kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_operations = None::<Vec<KeyOperations>>;
        Ok(jwk)
    }
}

/// The set as it is published, in JSON.
pub(super) fn published(keys: &[SigningKey]) -> Result<Vec<u8>, IdentityError> {
    let keys = keys.iter().map(SigningKey::jwk).collect::<Result<_, _>>()?;
    serde_json::to_vec(&JwkSet { keys }).map_err(|e| IdentityError::broken("the keys could not be written", e))
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<SigningKey> {
    Ok(SigningKey {
        kid: row.get("kid")?,
        pkcs8: row.get("pkcs8")?,
        created: Timestamp::from_millis(row.get("created")?),
    })
}

pub(super) fn active(conn: &Connection, pool: &str) -> rusqlite::Result<Option<SigningKey>> {
    conn.prepare_cached("SELECT kid, pkcs8, created FROM signing_key WHERE pool = ?1 AND retired IS NULL")?
        .query_row([pool], read)
        .optional()
}

/// Those whose tokens may still be about, newest first.
pub(super) fn live(conn: &Connection, pool: &str, now: Timestamp) -> rusqlite::Result<Vec<SigningKey>> {
    conn.prepare_cached(
        "SELECT kid, pkcs8, created FROM signing_key WHERE pool = ?1 AND (retired IS NULL OR retired > ?2) \
         ORDER BY created DESC",
    )?
    .query_map(params![pool, oldest(now)], read)?
    .collect()
}

/// From now on this key signs. Those that nobody needs any more are forgotten.
pub(super) fn activate(conn: &Connection, pool: &str, key: &SigningKey, now: Timestamp) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE signing_key SET retired = ?2 WHERE pool = ?1 AND retired IS NULL")?
        .execute(params![pool, now.millis()])?;
    conn.prepare_cached("DELETE FROM signing_key WHERE pool = ?1 AND retired <= ?2")?
        .execute(params![pool, oldest(now)])?;
    conn.prepare_cached("INSERT INTO signing_key (kid, pool, pkcs8, created) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![key.kid, pool, key.pkcs8, key.created.millis()])?;
    Ok(())
}

fn oldest(now: Timestamp) -> i64 {
    now.millis() - i64::try_from(PUBLISHED_FOR.as_millis()).unwrap_or(i64::MAX)
}
