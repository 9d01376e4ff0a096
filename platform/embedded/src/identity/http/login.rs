//! The sign-in page: a name and a password, then a chosen password for who has a temporary one. It works without
//! scripts, and a form counts only with the cookie that came with its page.

use std::time::Duration;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use super::super::language::{Texts, fill};
use super::super::pools::{ClientKind, Pool, PoolOwner};
use super::super::sign_in::{Chosen, Proof};
use super::super::users::User;
use super::super::{Identity, PAGE_CHALLENGE_LIFETIME, password, pools, secret};
use super::authorize::{Asked, Request, check, finish};
use super::client::pool;
use super::cookies::{self, CSRF_COOKIE, SESSION_COOKIE};
use super::errors;
use super::page::{self, Frame, Page};

#[derive(Deserialize)]
pub(super) struct Filled {
    csrf: Option<String>,
    username: Option<String>,
    password: Option<String>,
    session: Option<String>,
    new_password: Option<String>,
    /// Who is signing in, to be shown alone.
    known_as: Option<String>,
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
    let Ok(Form(form)) = form else { return page::problem(visit.texts, &visit.texts.form_incomplete) };
    if !Visit::is_own_form(form.csrf.as_deref(), &headers) {
        let fault = Some(visit.texts.page_expired.as_str());
        return visit.show(StatusCode::FORBIDDEN, &Page::SignIn { name: "", fault });
    }
    match form {
        Filled { session: Some(session), new_password: Some(new), again, known_as, .. } => {
            visit.choose(&session, known_as.as_deref().unwrap_or_default(), &new, again.as_deref()).await
        }
        Filled { username: Some(name), password: Some(password), .. } => visit.sign_in(name.trim(), &password).await,
        _ => visit.show(StatusCode::BAD_REQUEST, &Page::SignIn { name: "", fault: Some(&visit.texts.fill_in) }),
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
    texts: &'static Texts,
    /// In whose name the page asks.
    brand: String,
}

impl<'a> Visit<'a> {
    async fn begin(
        identity: &'a Identity,
        id: &str,
        query: Asking,
        headers: &HeaderMap,
    ) -> Result<Self, Box<Response>> {
        let pool = pool(identity, id).await.map_err(|e| Box::new(e.into_response()))?;
        let texts = page::language(headers);
        let Ok(Query(request)) = query else {
            return Err(Box::new(page::problem(texts, &texts.named_twice)));
        };
        let alone = request.client_id.is_none() && request.redirect_uri.is_none();
        let asked = if alone { None } else { Some(check(identity, &pool, &request, texts).await?) };
        let client = match &asked {
            Some(asked) => asked.client.clone(),
            None => people_client(identity, &pool, texts).await?,
        };
        let query = if alone { String::new() } else { serde_urlencoded::to_string(&request).unwrap_or_default() };
        let csrf = cookies::read(headers, CSRF_COOKIE).map_or_else(|| secret::fresh(&*identity.0.ids), str::to_owned);
        let brand = identity.brand(&pool).await.map_err(|e| Box::new(errors::failed(&e)))?;
        Ok(Self { identity, pool, client, asked, csrf, query, texts, brand })
    }

    fn is_own_form(sent: Option<&str>, headers: &HeaderMap) -> bool {
        let cookie = cookies::read(headers, CSRF_COOKIE);
        sent.zip(cookie).is_some_and(|(sent, cookie)| secret::same(sent.as_bytes(), cookie.as_bytes()))
    }

    fn show(&self, status: StatusCode, what: &Page<'_>) -> Response {
        let redirect = self.asked.as_ref().map(|asked| asked.redirect.as_str());
        let action = format!("/{}/login{}{}", self.pool.id, if self.query.is_empty() { "" } else { "?" }, self.query);
        let by_name = self.pool.owner == PoolOwner::Admins;
        let frame = Frame { texts: self.texts, brand: &self.brand, by_name, action: &action, csrf: &self.csrf };
        let mut answer = page::show(status, what, &frame, redirect);
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
                self.show(StatusCode::OK, &Page::Choose { name, session: &session, fault: None, broken: &[] })
            }
            Ok(Proof::Wrong) => {
                let by_name = pool.owner == PoolOwner::Admins;
                let fault = if by_name { &self.texts.wrong_user_name } else { &self.texts.wrong_email };
                self.show(StatusCode::BAD_REQUEST, &Page::SignIn { name, fault: Some(fault) })
            }
            Ok(Proof::Locked(wait)) => {
                let fault = fill(&self.texts.locked, &[("wait", &self.texts.wait(wait))]);
                self.too_many(name, &fault, wait)
            }
            Ok(Proof::Busy(wait)) => self.too_many(name, &self.texts.busy, wait),
        }
    }

    fn too_many(&self, name: &str, fault: &str, wait: Duration) -> Response {
        let mut answer = self.show(StatusCode::TOO_MANY_REQUESTS, &Page::SignIn { name, fault: Some(fault) });
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        answer
    }

    async fn choose(self, session: &str, name: &str, new: &str, again: Option<&str>) -> Response {
        let broken = password::broken(new);
        let unfit = |fault| {
            let page = Page::Choose { name, session, fault: Some(fault), broken: &broken };
            self.show(StatusCode::BAD_REQUEST, &page)
        };
        if again != Some(new) {
            return unfit(&self.texts.different);
        }
        match self.identity.choose(&self.pool, &self.client, session, None, new).await {
            Err(e) => errors::failed(&e),
            Ok(Chosen::Done(user)) => self.done(&user).await,
            Ok(Chosen::Unfit(_)) => unfit(&self.texts.unfit),
            Ok(Chosen::Busy) => unfit(&self.texts.busy),
            Ok(Chosen::NoSession) => {
                let fault = Some(self.texts.session_expired.as_str());
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

async fn people_client(identity: &Identity, pool: &Pool, texts: &Texts) -> Result<String, Box<Response>> {
    let id = pool.id.clone();
    let clients = identity.0.db.read(move |conn| pools::clients(conn, &id)).await;
    let clients = clients.map_err(|e| Box::new(errors::failed(&e.into())))?;
    let people = clients.into_iter().find(|client| client.kind == ClientKind::People);
    people.map(|client| client.id).ok_or_else(|| Box::new(page::problem(texts, &texts.nobody_signs_in)))
}
