//! Which API, and as whom.

use std::sync::Arc;
use std::time::Duration;

use tenantry_contract::time::Timestamp;
use tenantry_embedded::clock::SystemClock;
use tenantry_ports::clock::Clock;
use tokio::sync::Mutex;

use super::args::{Common, DEFAULT_API};
use super::cognito::{Issuer, Tokens};
use super::error::ClientError;
use super::session::{Renewal, Session, Sessions};

/// A token that ends sooner is renewed before it is used.
const SOON: Duration = Duration::from_secs(30);

/// A client for short answers and, as nothing limits the whole of one, for streams.
pub fn http_client() -> Result<reqwest::Client, ClientError> {
    let built = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    built.map_err(|error| ClientError::Usage(format!("no HTTP client could be made: {error}")))
}

/// The base of an API without a slash at its end, checked.
pub fn base(url: &str) -> Result<String, ClientError> {
    let wrong = || ClientError::Address { url: url.to_owned() };
    let parsed = url::Url::parse(url).map_err(|_| wrong())?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host().is_none() {
        return Err(wrong());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// The API that flags and the last sign-in name.
pub fn address(common: &Common, sessions: &Sessions) -> Result<String, ClientError> {
    match &common.api_url {
        Some(url) => base(url),
        None => Ok(sessions.latest()?.unwrap_or_else(|| DEFAULT_API.to_owned())),
    }
}

/// An API and the sign-in to it.
pub struct Connection {
    pub base: String,
    pub http: reqwest::Client,
    sessions: Sessions,
    session: Mutex<Option<Session>>,
    clock: Arc<dyn Clock>,
}

impl Connection {
    pub fn open(common: &Common) -> Result<Self, ClientError> {
        let sessions = Sessions::new(common.home.session_file()?);
        let base = address(common, &sessions)?;
        let session = Mutex::new(sessions.get(&base)?);
        Ok(Self { base, http: http_client()?, sessions, session, clock: Arc::new(SystemClock::new()) })
    }

    /// A token to call with, renewed if it would end soon.
    pub async fn token(&self) -> Result<String, ClientError> {
        let mut held = self.session.lock().await;
        let session = held.as_ref().ok_or(ClientError::NotSignedIn)?;
        if session.expires_at <= self.clock.now().plus(SOON) {
            let renewed = self.renew(session).await?;
            *held = Some(renewed);
        }
        held.as_ref().map(|session| session.access_token.clone()).ok_or(ClientError::NotSignedIn)
    }

    /// The API did not take this token: another one, if there is a way to one.
    pub async fn another_token(&self, refused: &str) -> Result<String, ClientError> {
        let mut held = self.session.lock().await;
        let session = held.as_ref().ok_or(ClientError::NotSignedIn)?;
        if session.access_token == refused {
            let renewed = self.renew(session).await?;
            *held = Some(renewed);
        }
        held.as_ref().map(|session| session.access_token.clone()).ok_or(ClientError::NotSignedIn)
    }

    async fn renew(&self, session: &Session) -> Result<Session, ClientError> {
        let issuer = Issuer { url: session.issuer.clone(), client_id: session.client_id.clone() };
        let tokens = match &session.renewal {
            Renewal::RefreshToken(token) => issuer.by_refresh_token(&self.http, token).await,
            Renewal::ClientSecret(secret) => issuer.by_secret(&self.http, secret).await,
            Renewal::None => return Err(ClientError::SignInEnded("it cannot be renewed".to_owned())),
        };
        let tokens = tokens.map_err(|error| match error {
            ClientError::SignInRefused(why) => ClientError::SignInEnded(why),
            other => other,
        })?;
        let renewed = from_tokens(&issuer, tokens, session.renewal.clone(), self.clock.now());
        self.sessions.renew(&self.base, session, renewed.clone())?;
        Ok(renewed)
    }
}

/// A session of fresh tokens; a refresh token that was not replaced stays.
pub fn from_tokens(issuer: &Issuer, tokens: Tokens, renewal: Renewal, now: Timestamp) -> Session {
    Session {
        issuer: issuer.url.clone(),
        client_id: issuer.client_id.clone(),
        access_token: tokens.access_token,
        expires_at: now.plus(Duration::from_secs(tokens.expires_in)),
        renewal: tokens.refresh_token.map_or(renewal, Renewal::RefreshToken),
    }
}
