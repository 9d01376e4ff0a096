//! A tenant's users from another process: the client of the issuer's internal users API.

pub(super) mod wire;

use std::time::Duration;

use async_trait::async_trait;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tenantry_contract::id::TenantId;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUser, TenantUserChange, TenantUsers};
use tenantry_ports::page::{Page, PageRequest};

const CONNECT: Duration = Duration::from_secs(2);
const WHOLE: Duration = Duration::from_secs(10);

/// Users of the tenants of one pool, over HTTP, with the token that opens it.
#[derive(Clone)]
pub struct RemoteTenantUsers {
    http: Client,
    /// As `Identity::users_url` gives it.
    url: String,
    token: String,
}

impl std::fmt::Debug for RemoteTenantUsers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteTenantUsers").field("url", &self.url).finish_non_exhaustive()
    }
}

impl RemoteTenantUsers {
    pub fn new(http: Client, users_url: &str, token: String) -> Self {
        Self { http, url: users_url.trim_end_matches('/').to_owned(), token }
    }

    /// With a client of its own: the token goes to that address and nowhere else, and no answer is waited for
    /// without end.
    pub fn connect(users_url: &str, token: String) -> Result<Self, IdentityError> {
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|e| IdentityError::broken("no HTTP client could be made", e))?;
        Ok(Self::new(http, users_url, token))
    }

    fn request(&self, method: Method, tenant: &TenantId, name: Option<&str>) -> RequestBuilder {
        let mut url = format!("{}/{tenant}", self.url);
        if let Some(name) = name {
            url.push('/');
            url.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
        }
        self.http.request(method, url).bearer_auth(&self.token)
    }
}

/// A read, or a write that changes nothing the second time, can simply be tried again.
async fn send(request: RequestBuilder) -> Result<Response, IdentityError> {
    let answer = request.send().await.map_err(|e| IdentityError::unknown("the issuer did not answer", e))?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(answer),
        StatusCode::SERVICE_UNAVAILABLE => {
            Err(IdentityError::unavailable("the issuer cannot answer now", "it answered 503"))
        }
        StatusCode::FORBIDDEN => Err(no_tenant()),
        StatusCode::PRECONDITION_FAILED => Err(IdentityError::Refused(Refusal::LastAdmin)),
        StatusCode::UNPROCESSABLE_ENTITY => {
            let said = answer.json::<wire::Message>().await.map_or_else(|_| String::new(), |body| body.message);
            Err(IdentityError::Broken { what: said, cause: None })
        }
        status => Err(IdentityError::broken("the issuer refused", format!("it answered {status}"))),
    }
}

async fn body<T: DeserializeOwned>(answer: Response) -> Result<T, IdentityError> {
    answer.json().await.map_err(|e| IdentityError::unknown("the issuer's answer did not arrive whole", e))
}

#[async_trait]
impl TenantUsers for RemoteTenantUsers {
    async fn create(&self, tenant: &TenantId, new: NewTenantUser) -> Result<Made<TenantUser>, IdentityError> {
        let answer = send(self.request(Method::POST, tenant, None).json(&wire::NewUser::from(new))).await?;
        match answer.status() {
            StatusCode::CONFLICT => Ok(Made::Taken),
            StatusCode::NOT_FOUND => Err(no_tenant()),
            _ => Ok(Made::New(body::<wire::User>(answer).await?.into())),
        }
    }

    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<TenantUser>, IdentityError> {
        let answer = send(self.request(Method::GET, tenant, Some(name))).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            _ => Ok(Some(body::<wire::User>(answer).await?.into())),
        }
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<TenantUser>, IdentityError> {
        let mut query = vec![("limit", page.limit.to_string())];
        query.extend(page.after.map(|position| ("after", position.0)));
        let query =
            serde_urlencoded::to_string(query).map_err(|e| IdentityError::broken("the page cannot be asked for", e))?;
        let mut request = self
            .request(Method::GET, tenant, None)
            .build()
            .map_err(|e| IdentityError::broken("the address of the users is none", e))?;
        request.url_mut().set_query(Some(&query));
        let answer = send(RequestBuilder::from_parts(self.http.clone(), request)).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Err(no_tenant()),
            _ => Ok(body::<wire::Page>(answer).await?.into()),
        }
    }

    async fn update(
        &self,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Option<TenantUser>, IdentityError> {
        let request = self.request(Method::PUT, tenant, Some(name)).json(&wire::Change::from(change));
        let answer = send(request).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::CONFLICT => Err(IdentityError::Refused(Refusal::Taken)),
            _ => Ok(Some(body::<wire::User>(answer).await?.into())),
        }
    }

    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, IdentityError> {
        let answer = send(self.request(Method::DELETE, tenant, Some(name))).await?;
        Ok(answer.status() != StatusCode::NOT_FOUND)
    }
}

fn no_tenant() -> IdentityError {
    IdentityError::Refused(Refusal::Gone)
}
