//! Tokens with Cognito's claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tenantry_ports::identity::IdentityError;

use super::keys::SigningKey;
use super::pools::Pool;
use super::tickets::{Grant, Kind, Seen, Ticket};
use super::users::User;
use super::{Identity, TOKEN_LIFETIME, USER_SCOPE, secret, tickets, users};

pub(super) struct Tokens {
    pub(super) access: String,
    /// For sign-ins that ask who the person is.
    pub(super) id: Option<String>,
    /// At a sign-in, not at a refresh.
    pub(super) refresh: Option<String>,
}

/// What came of a code.
pub(super) enum Redeemed {
    Tokens(Tokens),
    Invalid(&'static str),
}

impl Identity {
    /// What a refresh token stands for, once the sign-in it came of is over.
    fn refresh_ticket(&self, pool: &Pool, sub: &str, origin: &str, grant: Grant) -> Ticket {
        Ticket {
            kind: Kind::Refresh,
            pool: pool.id.clone(),
            sub: sub.to_owned(),
            origin: origin.to_owned(),
            // The nonce belongs to the first ID token alone.
            grant: Grant { redirect: None, challenge: None, nonce: None, ..grant },
            expires: self.now().plus(super::REFRESH_LIFETIME),
        }
    }

    /// A session that began by password, without OAuth.
    pub(super) async fn password_session(
        &self,
        pool: &Pool,
        client: &str,
        user: &User,
    ) -> Result<Tokens, IdentityError> {
        let grant = Grant {
            client: client.to_owned(),
            scope: USER_SCOPE.to_owned(),
            auth_time: self.now().seconds(),
            ..Grant::default()
        };
        let (now, origin, refresh) = (self.now(), self.0.ids.fresh(), secret::fresh(&*self.0.ids));
        let tokens = self.tokens(pool, user, &origin, &grant).await?;
        let ticket = self.refresh_ticket(pool, &user.sub, &origin, grant);
        let handed = refresh.clone();
        self.0.db.write(move |conn| tickets::put(conn, &handed, &ticket, now)).await?;
        Ok(Tokens { refresh: Some(refresh), ..tokens })
    }

    /// New tokens for a refresh token; none if it, or its user, is no longer good.
    pub(super) async fn refresh(
        &self,
        pool: &Pool,
        client: &str,
        token: &str,
    ) -> Result<Option<Tokens>, IdentityError> {
        let (id, secret, now) = (pool.id.clone(), token.to_owned(), self.now());
        let read = move |conn: &rusqlite::Connection| {
            let Seen::Fresh(ticket) = tickets::get(conn, Kind::Refresh, &id, &secret, now)? else { return Ok(None) };
            let user = users::by_sub(conn, &id, &ticket.sub)?.filter(|user| user.enabled);
            Ok(user.map(|user| (user, ticket)))
        };
        match self.0.db.read(read).await? {
            Some((user, ticket)) if ticket.grant.client == client => {
                self.tokens(pool, &user, &ticket.origin, &ticket.grant).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Changes a code for tokens, once. A code that comes twice ends what came of it the first time, which is why
    /// the code is spent and the refresh token kept in one write.
    #[tracing::instrument(name = "identity.code.redeem", skip_all, fields(pool = %pool.id))]
    pub(super) async fn redeem(
        &self,
        pool: &Pool,
        client: &str,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Result<Redeemed, IdentityError> {
        let (now, refresh) = (self.now(), secret::fresh(&*self.0.ids));
        let proof = Proof { client: client.to_owned(), redirect: redirect.to_owned(), verifier: verifier.to_owned() };
        let (this, at, secret, handed) = (self.clone(), pool.clone(), code.to_owned(), refresh.clone());
        let write = move |conn: &rusqlite::Connection| {
            let ticket = match tickets::take(conn, Kind::Code, &at.id, &secret, now)? {
                Seen::Fresh(ticket) => ticket,
                Seen::Spent(ticket) => {
                    tickets::revoke(conn, &at.id, &ticket.origin)?;
                    return Ok(Err(NO_CODE));
                }
                Seen::Unknown => return Ok(Err(NO_CODE)),
            };
            if let Err(why) = proof.check(&ticket.grant) {
                return Ok(Err(why));
            }
            let Some(user) = users::by_sub(conn, &at.id, &ticket.sub)?.filter(|user| user.enabled) else {
                return Ok(Err(NO_CODE));
            };
            let kept = this.refresh_ticket(&at, &user.sub, &ticket.origin, ticket.grant.clone());
            tickets::put(conn, &handed, &kept, now)?;
            Ok(Ok((user, ticket)))
        };
        let (user, ticket) = match self.0.db.write(write).await? {
            Ok(redeemed) => redeemed,
            Err(why) => return Ok(Redeemed::Invalid(why)),
        };
        let tokens = self.tokens(pool, &user, &ticket.origin, &ticket.grant).await?;
        Ok(Redeemed::Tokens(Tokens { refresh: Some(refresh), ..tokens }))
    }

    /// A machine's token: access alone.
    pub(super) async fn machine_token(&self, pool: &Pool, client: &str, scope: &str) -> Result<String, IdentityError> {
        let now = self.now().seconds();
        let claims = json!({
            "sub": client,
            "iss": self.url_of(&pool.id),
            "version": 2,
            "client_id": client,
            "token_use": "access",
            "scope": scope,
            "auth_time": now,
            "iat": now,
            "exp": now + lifetime(),
            "jti": self.0.ids.fresh(),
        });
        sign(&self.signing_key(&pool.id).await?, &claims)
    }

    async fn tokens(&self, pool: &Pool, user: &User, origin: &str, grant: &Grant) -> Result<Tokens, IdentityError> {
        let key = self.signing_key(&pool.id).await?;
        let now = self.now().seconds();
        let common = json!({
            "sub": user.sub,
            "iss": self.url_of(&pool.id),
            "origin_jti": origin,
            "event_id": self.0.ids.fresh(),
            "auth_time": grant.auth_time,
            "iat": now,
            "exp": now + lifetime(),
        });
        let groups = self.groups(user);
        let with = |more: Value, groups: &[String]| {
            let mut claims: Map<String, Value> =
                [common.clone(), more].iter().filter_map(Value::as_object).fold(Map::new(), |mut all, part| {
                    all.extend(part.clone());
                    all
                });
            if !groups.is_empty() {
                claims.insert("cognito:groups".to_owned(), json!(groups));
            }
            Value::Object(claims)
        };
        let access = sign(
            &key,
            &with(
                json!({
                    "version": 2,
                    "client_id": grant.client,
                    "token_use": "access",
                    "scope": grant.scope,
                    "jti": self.0.ids.fresh(),
                    "username": user.username(),
                }),
                &groups,
            ),
        )?;
        let by_password = grant.scope == USER_SCOPE;
        if !by_password && !grant.scope.split(' ').any(|scope| scope == "openid") {
            return Ok(Tokens { access, id: None, refresh: None });
        }
        let mut person = profile(user);
        person.insert("aud".to_owned(), json!(grant.client));
        person.insert("token_use".to_owned(), json!("id"));
        person.insert("jti".to_owned(), json!(self.0.ids.fresh()));
        person.insert("cognito:username".to_owned(), json!(user.username()));
        person.insert("at_hash".to_owned(), json!(URL_SAFE_NO_PAD.encode(&Sha256::digest(&access)[..16])));
        if let Some(nonce) = &grant.nonce {
            person.insert("nonce".to_owned(), json!(nonce));
        }
        let id = sign(&key, &with(Value::Object(person), &groups))?;
        Ok(Tokens { access, id: Some(id), refresh: None })
    }

    /// The groups a user is in: the one its role names, among the provider's own people.
    fn groups(&self, user: &User) -> Vec<String> {
        let known = |role: &String| user.tenant.is_empty() && self.0.config.admin_groups.contains(role);
        Some(user.role.clone()).filter(known).into_iter().collect()
    }

    /// Who an access token was given to, for `userInfo` and `revoke`: checked as any other reader would check it.
    pub(super) async fn bearer(&self, pool: &Pool, token: &str) -> Result<Option<Bearer>, IdentityError> {
        let Ok(set) = serde_json::from_slice::<jsonwebtoken::jwk::JwkSet>(&self.published_keys(&pool.id).await?) else {
            return Ok(None);
        };
        let Some(claims) = verified(&set, token) else { return Ok(None) };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let now = self.now().seconds();
        let ours = text("iss") == self.url_of(&pool.id) && text("token_use") == "access";
        let fresh = claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| exp > now);
        if !ours || !fresh {
            return Ok(None);
        }
        let (id, sub, origin, at) = (pool.id.clone(), text("sub"), text("origin_jti"), self.now());
        let read = move |conn: &rusqlite::Connection| {
            let live = tickets::lives(conn, &id, &origin, at)?;
            Ok(users::by_sub(conn, &id, &sub)?.filter(|user| user.enabled && live))
        };
        let user = self.0.db.read(read).await?;
        Ok(user.map(|user| Bearer { user: Box::new(user), scope: text("scope") }))
    }

    /// Ends the session of a refresh token. Whether there was one is nobody's business.
    pub(super) async fn revoke(&self, pool: &Pool, client: &str, token: &str) -> Result<(), IdentityError> {
        let (id, secret, client, now) = (pool.id.clone(), token.to_owned(), client.to_owned(), self.now());
        let write = move |conn: &rusqlite::Connection| match tickets::get(conn, Kind::Refresh, &id, &secret, now)? {
            Seen::Fresh(ticket) if ticket.grant.client == client => tickets::revoke(conn, &id, &ticket.origin),
            _ => Ok(()),
        };
        Ok(self.0.db.write(write).await?)
    }
}

const NO_CODE: &str = "the code is not good, or was used before";

/// What a client must show with a code.
struct Proof {
    client: String,
    redirect: String,
    verifier: String,
}

impl Proof {
    fn check(&self, grant: &Grant) -> Result<(), &'static str> {
        if grant.client != self.client || grant.redirect.as_deref() != Some(&self.redirect) {
            return Err("the code was given to another client or redirect_uri");
        }
        if !grant.challenge.as_deref().is_some_and(|challenge| super::pkce::proves(&self.verifier, challenge)) {
            return Err("the code_verifier does not match");
        }
        Ok(())
    }
}

pub(super) struct Bearer {
    pub(super) user: Box<User>,
    pub(super) scope: String,
}

/// What we tell of a user. Nobody but us can set any of it.
pub(super) fn profile(user: &User) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("email".to_owned(), json!(user.email));
    claims.insert("email_verified".to_owned(), json!(true));
    claims.insert("custom:userRole".to_owned(), json!(user.role));
    if !user.tenant.is_empty() {
        claims.insert("custom:tenantId".to_owned(), json!(user.tenant));
        claims.insert("custom:tenantTier".to_owned(), json!(user.tenant_tier));
        claims.insert("custom:tenantName".to_owned(), json!(user.tenant_name));
    }
    claims
}

fn lifetime() -> i64 {
    i64::try_from(TOKEN_LIFETIME.as_secs()).unwrap_or(i64::MAX)
}

fn sign(key: &SigningKey, claims: &Value) -> Result<String, IdentityError> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, claims, &key.encoding())
        .map_err(|e| IdentityError::broken("a token could not be signed", e))
}

/// The claims of a token that one of the keys signed. Times are the caller's to check, by our own clock.
fn verified(set: &jsonwebtoken::jwk::JwkSet, token: &str) -> Option<Map<String, Value>> {
    let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&kid)?).ok()?;
    let mut rules = jsonwebtoken::Validation::new(Algorithm::ES256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    jsonwebtoken::decode(token, &key, &rules).ok().map(|data| data.claims)
}
