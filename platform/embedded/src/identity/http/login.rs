//! The sign-in page: a name and a password, then a chosen password for who has a temporary one. It works without
//! scripts, and a form counts only with the cookie that came with its page.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use super::super::pools::{ClientKind, Pool};
use super::super::sign_in::{Chosen, Proof};
use super::super::users::User;
use super::super::{Identity, PAGE_CHALLENGE_LIFETIME, pools, secret};
use super::authorize::{Asked, Request, check, finish};
use super::client::pool;
use super::cookies::{self, CSRF_COOKIE, SESSION_COOKIE};
use super::errors;
use super::page::{self, Page};

#[derive(Deserialize)]
pub(super) struct Filled {
    csrf: Option<String>,
    username: Option<String>,
    password: Option<String>,
    session: Option<String>,
    new_password: Option<String>,
    again: Option<String>,
}

type Asking = Result<Query<Request>, QueryRejection>;

pub(super) async fn get(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    let visit = match Visit::begin(&identity, &id, query, &headers).await {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    visit.show(StatusCode::OK, &Page::SignIn { name: "", fault: None })
}

pub(super) async fn post(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    query: Asking,
    headers: HeaderMap,
    form: Result<Form<Filled>, FormRejection>,
) -> Response {
    let visit = match Visit::begin(&identity, &id, query, &headers).await {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    let Ok(Form(form)) = form else { return page::problem("The form did not arrive whole.") };
    if !Visit::is_own_form(form.csrf.as_deref(), &headers) {
        let fault = Some("The page was open for too long. Please try again.");
        return visit.show(StatusCode::FORBIDDEN, &Page::SignIn { name: "", fault });
    }
    match form {
        Filled { session: Some(session), new_password: Some(new), again, .. } => {
            visit.choose(&session, &new, again.as_deref()).await
        }
        Filled { username: Some(name), password: Some(password), .. } => visit.sign_in(name.trim(), &password).await,
        _ => visit.show(StatusCode::BAD_REQUEST, &Page::SignIn { name: "", fault: Some("Please fill in both.") }),
    }
}

/// Somebody at the page, and what the application that sent them asked.
struct Visit<'a> {
    identity: &'a Identity,
    pool: Pool,
    client: String,
    /// None for somebody who came by themselves, such as from the mail.
    asked: Option<Asked>,
    csrf: String,
    query: String,
}

impl<'a> Visit<'a> {
    async fn begin(
        identity: &'a Identity,
        id: &str,
        query: Asking,
        headers: &HeaderMap,
    ) -> Result<Self, Box<Response>> {
        let pool = pool(identity, id).await.map_err(|e| Box::new(e.into_response()))?;
        let Ok(Query(request)) = query else {
            return Err(Box::new(page::problem("The request names something twice.")));
        };
        let alone = request.client_id.is_none() && request.redirect_uri.is_none();
        let asked = if alone { None } else { Some(check(identity, &pool, &request).await?) };
        let client = match &asked {
            Some(asked) => asked.client.clone(),
            None => people_client(identity, &pool).await?,
        };
        let query = if alone { String::new() } else { serde_urlencoded::to_string(&request).unwrap_or_default() };
        let csrf = cookies::read(headers, CSRF_COOKIE).map_or_else(|| secret::fresh(&*identity.0.ids), str::to_owned);
        Ok(Self { identity, pool, client, asked, csrf, query })
    }

    fn is_own_form(sent: Option<&str>, headers: &HeaderMap) -> bool {
        let cookie = cookies::read(headers, CSRF_COOKIE);
        sent.zip(cookie).is_some_and(|(sent, cookie)| secret::same(sent.as_bytes(), cookie.as_bytes()))
    }

    fn show(&self, status: StatusCode, what: &Page<'_>) -> Response {
        let redirect = self.asked.as_ref().map(|asked| asked.redirect.as_str());
        let action = format!("/{}/login{}{}", self.pool.id, if self.query.is_empty() { "" } else { "?" }, self.query);
        let mut answer = page::show(status, what, &action, &self.csrf, redirect);
        if let Some(cookie) = cookies::set(self.identity, &self.pool, CSRF_COOKIE, &self.csrf) {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }

    async fn sign_in(self, name: &str, password: &str) -> Response {
        let Self { identity, pool, client, .. } = &self;
        match identity.prove(pool, client, name, password, PAGE_CHALLENGE_LIFETIME).await {
            Err(e) => errors::failed(&e),
            Ok(Proof::Right(user)) => self.done(&user).await,
            Ok(Proof::MustChoose { session, .. }) => {
                self.show(StatusCode::OK, &Page::Choose { name, session: &session, fault: None })
            }
            Ok(Proof::Wrong) => {
                let fault = Some("The name or the password is wrong.");
                self.show(StatusCode::BAD_REQUEST, &Page::SignIn { name, fault })
            }
            Ok(Proof::Locked(wait) | Proof::Busy(wait)) => {
                let fault = Some("Too many tries. Please wait a little and try again.");
                let mut answer = self.show(StatusCode::TOO_MANY_REQUESTS, &Page::SignIn { name, fault });
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
                answer
            }
        }
    }

    async fn choose(self, session: &str, new: &str, again: Option<&str>) -> Response {
        let unfit = |fault| self.show(StatusCode::BAD_REQUEST, &Page::Choose { name: "", session, fault: Some(fault) });
        if again != Some(new) {
            return unfit("The two passwords are not the same.");
        }
        match self.identity.choose(&self.pool, &self.client, session, None, new).await {
            Err(e) => errors::failed(&e),
            Ok(Chosen::Done(user)) => self.done(&user).await,
            Ok(Chosen::Unfit(why)) => unfit(why.split_once(": ").map_or(why, |(_, what)| what)),
            Ok(Chosen::Busy) => unfit("Too many people are signing in. Please try again."),
            Ok(Chosen::NoSession) => {
                let fault = Some("That took too long. Please sign in again.");
                self.show(StatusCode::BAD_REQUEST, &Page::SignIn { name: "", fault })
            }
        }
    }

    /// The browser is signed in from here on, and goes back to who sent it.
    async fn done(self, user: &User) -> Response {
        let session = match self.identity.open_browser(user).await {
            Ok(session) => session,
            Err(e) => return errors::failed(&e),
        };
        let cookie = cookies::set(self.identity, &self.pool, SESSION_COOKIE, &session);
        let since = self.identity.now().seconds();
        let mut answer = match self.asked {
            Some(asked) => finish(self.identity, &self.pool, user, since, asked).await,
            None => self.show(StatusCode::OK, &Page::Done),
        };
        if let Some(cookie) = cookie {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }
}

async fn people_client(identity: &Identity, pool: &Pool) -> Result<String, Box<Response>> {
    let id = pool.id.clone();
    let clients = identity.0.db.read(move |conn| pools::clients(conn, &id)).await;
    let clients = clients.map_err(|e| Box::new(errors::failed(&e.into())))?;
    let people = clients.into_iter().find(|client| client.kind == ClientKind::People);
    people.map(|client| client.id).ok_or_else(|| Box::new(page::problem("Nobody signs in here.")))
}
