//! Proving who one is by a password, and choosing one.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::IdentityError;

use super::password::{self, HashError};
use super::pools::Pool;
use super::throttle::Refused;
use super::tickets::{Grant, Kind, Seen, Ticket};
use super::users::{Credential, User};
use super::{Identity, secret, tickets, users};

/// What came of a name and a password.
pub(super) enum Proof {
    Right(Box<User>),
    /// Right, but a password must be chosen before anything else. The session says so once.
    MustChoose {
        user: Box<User>,
        session: String,
    },
    /// Wrong name, wrong password or a disabled user: the same to whoever asks.
    Wrong,
    /// So many wrong tries on this name that it is locked for so long, for the right password too.
    Locked(Duration),
    /// Too many sign in at once.
    Busy(Duration),
}

/// What came of a chosen password.
pub(super) enum Chosen {
    Done(Box<User>),
    /// It breaks the policy; the session is still good.
    Unfit(&'static str),
    /// The session is over, or was never good for this user.
    NoSession,
    /// Too many at once.
    Busy,
}

const BUSY: Duration = Duration::from_secs(1);

impl Identity {
    #[tracing::instrument(name = "identity.user.prove", skip_all, fields(pool = %pool.id))]
    pub(super) async fn prove(
        &self,
        pool: &Pool,
        client: &str,
        login: &str,
        password: &str,
        patience: Duration,
    ) -> Result<Proof, IdentityError> {
        // It guesses nothing, costs nothing, and must not push those who did guess out of memory.
        if password.len() > password::LONGEST {
            return Ok(Proof::Wrong);
        }
        let attempt = match self.0.throttle.begin(who(&pool.id, login), self.now()) {
            Ok(attempt) => attempt,
            Err(Refused::Locked(wait)) => return Ok(Proof::Locked(wait)),
            Err(Refused::Busy) => return Ok(Proof::Busy(BUSY)),
        };
        let (id, typed) = (pool.id.clone(), login.to_owned());
        let user = self.0.db.read(move |conn| users::by_login(conn, &id, &typed)).await?.filter(|user| user.enabled);
        let right = match self.matches(user.as_ref(), password).await {
            Ok(right) => right,
            Err(HashError::Busy) => return Ok(Proof::Busy(BUSY)),
            Err(e @ HashError::Failed(_)) => return Err(IdentityError::broken("a password could not be checked", e)),
        };
        let (true, Some(user)) = (right, user) else {
            attempt.failed(self.now());
            return Ok(Proof::Wrong);
        };
        attempt.succeeded();
        match user.credential {
            Credential::Chosen(_) => Ok(Proof::Right(Box::new(user))),
            Credential::OneTime(_) => {
                let session = self.challenge(&user, client, patience).await?;
                Ok(Proof::MustChoose { user: Box::new(user), session })
            }
        }
    }

    /// Takes as long for a name nobody has as for a wrong password.
    async fn matches(&self, user: Option<&User>, password: &str) -> Result<bool, HashError> {
        if let Some(once) = user.and_then(|user| user.one_time(&self.0.key))
            && secret::same(once.as_bytes(), password.as_bytes())
        {
            return Ok(true);
        }
        let hash = match user.map(|user| &user.credential) {
            Some(Credential::Chosen(hash)) => Some(hash.clone()),
            Some(Credential::OneTime(_)) | None => None,
        };
        self.0.hasher.verify(password.to_owned(), hash).await
    }

    async fn challenge(&self, user: &User, client: &str, patience: Duration) -> Result<String, IdentityError> {
        let (now, session) = (self.now(), secret::fresh(&*self.0.ids));
        let ticket = Ticket {
            kind: Kind::Challenge,
            pool: user.pool.clone(),
            sub: user.sub.clone(),
            origin: self.0.ids.fresh(),
            grant: Grant { client: client.to_owned(), ..Grant::default() },
            expires: now.plus(patience),
        };
        let handed = session.clone();
        self.0.db.write(move |conn| tickets::put(conn, &handed, &ticket, now)).await?;
        Ok(session)
    }

    /// Takes the password a user chose in answer to a challenge. `login` is who the caller says it is.
    pub(super) async fn choose(
        &self,
        pool: &Pool,
        client: &str,
        session: &str,
        login: Option<&str>,
        password: &str,
    ) -> Result<Chosen, IdentityError> {
        let (now, ids) = (self.now(), &*self.0.ids);
        let (id, secret) = (pool.id.clone(), session.to_owned());
        let seen = self.0.db.read(move |conn| tickets::get(conn, Kind::Challenge, &id, &secret, now)).await?;
        if !matches!(&seen, Seen::Fresh(ticket) if ticket.grant.client == client) {
            return Ok(Chosen::NoSession);
        }
        if let Some(fault) = password::fault(password) {
            return Ok(Chosen::Unfit(fault));
        }
        let hash = match self.0.hasher.hash(password.to_owned(), ids).await {
            Ok(hash) => hash,
            Err(HashError::Busy) => return Ok(Chosen::Busy),
            Err(e @ HashError::Failed(_)) => return Err(IdentityError::broken("a password could not be kept", e)),
        };
        let (id, secret, login) = (pool.id.clone(), session.to_owned(), login.map(str::to_owned));
        let user = self
            .0
            .db
            .write(move |conn| {
                let Seen::Fresh(ticket) = tickets::take(conn, Kind::Challenge, &id, &secret, now)? else {
                    return Ok(None);
                };
                let user = users::by_sub(conn, &id, &ticket.sub)?;
                let named = |user: &User| login.as_deref().is_none_or(|login| is_called(user, login));
                let open = |user: &User| user.enabled && matches!(user.credential, Credential::OneTime(_));
                let Some(user) = user.filter(|user| open(user) && named(user)) else { return Ok(None) };
                let user = User { credential: Credential::Chosen(hash), modified: now, ..user };
                users::save(conn, &user)?;
                // Whoever else knew the one-time password is out.
                tickets::revoke_user(conn, &user.sub)?;
                Ok(Some(user))
            })
            .await?;
        Ok(user.map_or(Chosen::NoSession, |user| Chosen::Done(Box::new(user))))
    }

    /// The browser's session, if it is good.
    pub(super) async fn browser(&self, pool: &Pool, session: &str) -> Result<Option<(User, i64)>, IdentityError> {
        let (id, secret, now) = (pool.id.clone(), session.to_owned(), self.now());
        let read = move |conn: &rusqlite::Connection| {
            let Seen::Fresh(ticket) = tickets::get(conn, Kind::Browser, &id, &secret, now)? else { return Ok(None) };
            let user = users::by_sub(conn, &id, &ticket.sub)?.filter(|user| user.enabled);
            Ok(user.map(|user| (user, ticket.grant.auth_time)))
        };
        Ok(self.0.db.read(read).await?)
    }

    pub(super) async fn open_browser(&self, user: &User) -> Result<String, IdentityError> {
        let (now, session) = (self.now(), secret::fresh(&*self.0.ids));
        let ticket = Ticket {
            kind: Kind::Browser,
            pool: user.pool.clone(),
            sub: user.sub.clone(),
            origin: self.0.ids.fresh(),
            grant: Grant { auth_time: now.seconds(), ..Grant::default() },
            expires: now.plus(super::BROWSER_LIFETIME),
        };
        let handed = session.clone();
        self.0.db.write(move |conn| tickets::put(conn, &handed, &ticket, now)).await?;
        Ok(session)
    }

    pub(super) async fn close_browser(&self, pool: &Pool, session: &str) -> Result<(), IdentityError> {
        let (id, secret) = (pool.id.clone(), session.to_owned());
        Ok(self.0.db.write(move |conn| tickets::forget(conn, Kind::Browser, &id, &secret)).await?)
    }

    /// A code for the client, to be changed for tokens within a minute.
    pub(super) async fn code(&self, user: &User, grant: Grant) -> Result<String, IdentityError> {
        let (now, code): (Timestamp, _) = (self.now(), secret::fresh(&*self.0.ids));
        let ticket = Ticket {
            kind: Kind::Code,
            pool: user.pool.clone(),
            sub: user.sub.clone(),
            origin: self.0.ids.fresh(),
            grant,
            expires: now.plus(super::CODE_LIFETIME),
        };
        let handed = code.clone();
        self.0.db.write(move |conn| tickets::put(conn, &handed, &ticket, now)).await?;
        Ok(code)
    }
}

fn is_called(user: &User, login: &str) -> bool {
    let same = if user.tenant.is_empty() { user.login == login } else { user.login == login.to_ascii_lowercase() };
    same || user.username() == login
}

fn who(pool: &str, login: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(pool);
    digest.update([0]);
    digest.update(login.to_ascii_lowercase());
    digest.finalize().into()
}
