//! The client of the tenants' application in a pool.

use std::collections::BTreeSet;
use std::fmt::Debug;

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes, UserPoolClientType,
};
use tenantry_contract::id::{ClientId, PoolId};
use tenantry_ports::identity::IdentityError;

use super::super::Identity;
use super::super::calls::{NO_POOL, there};
use super::super::errors::refused;
use super::CUSTOM;
use crate::fault::call;
use crate::limits::Family;

/// What an application may ask for.
const SCOPES: [&str; 4] = ["openid", "email", "profile", "aws.cognito.signin.user.admin"];
const WRITES: [&str; 1] = ["email"];
/// Words that Cognito refuses in a domain's name, which is the client's id.
const RESERVED: [&str; 3] = ["aws", "amazon", "cognito"];

fn flows() -> Vec<ExplicitAuthFlowsType> {
    vec![
        ExplicitAuthFlowsType::AllowUserPasswordAuth,
        ExplicitAuthFlowsType::AllowUserSrpAuth,
        ExplicitAuthFlowsType::AllowRefreshTokenAuth,
    ]
}

/// Custom attributes are in tokens only for a client that may read them.
fn reads() -> Vec<String> {
    let custom = CUSTOM.iter().map(|name| format!("custom:{name}"));
    ["email".to_owned(), "email_verified".to_owned()].into_iter().chain(custom).collect()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// The settings, in the words that creating and updating share.
macro_rules! settings {
    ($request:expr, $name:expr, $origins:expr) => {
        $request
            .client_name($name)
            .set_explicit_auth_flows(Some(flows()))
            .set_read_attributes(Some(reads()))
            .set_write_attributes(Some(texts(&WRITES)))
            .allowed_o_auth_flows_user_pool_client(true)
            .allowed_o_auth_flows(OAuthFlowType::Code)
            .set_allowed_o_auth_scopes(Some(texts(&SCOPES)))
            .supported_identity_providers("COGNITO")
            .set_callback_urls(Some($origins.clone()))
            .set_logout_urls(Some($origins.clone()))
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .enable_token_revocation(true)
    };
}

impl Identity {
    /// The pool's one client of that name, found or made, and mended where it has drifted.
    pub(in crate::identity) async fn ensure_client(
        &self,
        pool: &PoolId,
        name: &str,
        recorded: Option<&ClientId>,
    ) -> Result<ClientId, IdentityError> {
        let mut found = self.clients(pool, name).await?;
        let keep = found.iter().position(|id| Some(id) == recorded).unwrap_or(0);
        let client = if found.is_empty() { self.make_client(pool, name).await? } else { found.swap_remove(keep) };
        // Of a call that went unanswered and was made again.
        for twin in found.into_iter().filter(|id| *id != client) {
            self.delete_client(pool, &twin).await?;
        }
        if RESERVED.iter().any(|word| client.as_str().contains(word)) {
            self.delete_client(pool, &client).await?;
            let why = "a client's id holds a word that its domain may not; another client is made";
            return Err(IdentityError::unavailable(why, client.as_str()));
        }
        if let Some(drift) = self.client_drift(pool, name, &client).await? {
            tracing::info!(%client, drift, "a client is mended");
            let origins = &self.0.config.app_origins;
            let cognito = &self.0.cognito;
            let update =
                cognito.client.update_user_pool_client().user_pool_id(pool.as_str()).client_id(client.as_str());
            let named = call("cognito-idp:UpdateUserPoolClient", format!("client {client} of user pool {pool}"));
            let sent = settings!(update, name, origins).send();
            cognito.ask(Family::CognitoClientUpdate, named, sent).await?;
        }
        Ok(client)
    }

    /// What is not as it should be of a client, in words.
    pub(in crate::identity) async fn client_drift(
        &self,
        pool: &PoolId,
        name: &str,
        client: &ClientId,
    ) -> Result<Option<String>, IdentityError> {
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:DescribeUserPoolClient", format!("client {client} of user pool {pool}"));
        let describe = cognito.client.describe_user_pool_client().user_pool_id(pool.as_str());
        let sent = describe.client_id(client.as_str()).send();
        let found = there(cognito.ask(Family::CognitoClientRead, named, sent).await, NO_POOL)?;
        let Some(found) = found.and_then(|found| found.user_pool_client) else {
            return Ok(Some("its client is gone".to_owned()));
        };
        Ok(drift(&found, name, &self.0.config.app_origins))
    }

    async fn clients(&self, pool: &PoolId, name: &str) -> Result<Vec<ClientId>, IdentityError> {
        let (cognito, mut all, mut next) = (&self.0.cognito, Vec::new(), None);
        loop {
            let named = call("cognito-idp:ListUserPoolClients", format!("user pool {pool}"));
            let list = cognito.client.list_user_pool_clients().user_pool_id(pool.as_str()).max_results(60);
            let page = cognito.ask(Family::CognitoClientRead, named, list.set_next_token(next).send()).await?;
            for client in page.user_pool_clients.unwrap_or_default() {
                if client.client_name() == Some(name) {
                    all.push(parse(client.client_id())?);
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                // In the same order for everybody, so that of two workers none removes the other's.
                all.sort();
                return Ok(all);
            }
        }
    }

    /// Once, without the SDK's retries: each call makes another client.
    async fn make_client(&self, pool: &PoolId, name: &str) -> Result<ClientId, IdentityError> {
        let origins = &self.0.config.app_origins;
        let cognito = &self.0.cognito;
        let create = cognito.once.create_user_pool_client().user_pool_id(pool.as_str()).generate_secret(false);
        let named = call("cognito-idp:CreateUserPoolClient", format!("user pool {pool}"));
        let sent = settings!(create, name, origins).send();
        let made = cognito.ask(Family::CognitoClientUpdate, named, sent).await?;
        parse(made.user_pool_client.as_ref().and_then(|client| client.client_id()))
    }

    async fn delete_client(&self, pool: &PoolId, client: &ClientId) -> Result<(), IdentityError> {
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:DeleteUserPoolClient", format!("client {client} of user pool {pool}"));
        let delete = cognito.client.delete_user_pool_client().user_pool_id(pool.as_str());
        let sent = delete.client_id(client.as_str()).send();
        there(cognito.ask(Family::CognitoClientUpdate, named, sent).await, NO_POOL)?;
        Ok(())
    }
}

fn drift(client: &UserPoolClientType, name: &str, origins: &[String]) -> Option<String> {
    let mut drift = Vec::new();
    let mut differs = |what: &'static str, same: bool| {
        if !same {
            drift.push(what);
        }
    };
    differs("its name", client.client_name() == Some(name));
    differs("the flows", same(client.explicit_auth_flows(), &flows()));
    differs("what it reads", same(client.read_attributes(), &reads()));
    differs("what it writes", same(client.write_attributes(), &texts(&WRITES)));
    differs("the code flow", client.allowed_o_auth_flows_user_pool_client() == Some(true));
    differs("the OAuth flows", same(client.allowed_o_auth_flows(), &[OAuthFlowType::Code]));
    differs("the scopes", same(client.allowed_o_auth_scopes(), &texts(&SCOPES)));
    differs("the providers", same(client.supported_identity_providers(), &["COGNITO".to_owned()]));
    differs("the call-backs", same(client.callback_urls(), origins));
    differs("the log-outs", same(client.logout_urls(), origins));
    let hides = client.prevent_user_existence_errors() == Some(&PreventUserExistenceErrorTypes::Enabled);
    differs("it tells who exists", hides);
    differs("tokens cannot be revoked", client.enable_token_revocation() == Some(true));
    (!drift.is_empty()).then(|| format!("its client differs in: {}", drift.join(", ")))
}

/// In any order.
fn same<T: ToString + Debug>(a: &[T], b: &[T]) -> bool {
    let set = |all: &[T]| all.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    set(a) == set(b)
}

fn parse(id: Option<&str>) -> Result<ClientId, IdentityError> {
    let id = id.unwrap_or_default();
    ClientId::parse(id).map_err(|_| refused(format!("Cognito names a client {id:?}, which is no id")))
}
