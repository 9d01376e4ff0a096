//! Where people of a pool sign in: the domain's prefix is the client's id, which nobody else has.

use tenantry_contract::id::{ClientId, PoolId};
use tenantry_ports::identity::IdentityError;

use super::super::Identity;
use super::super::calls::{NO_POOL, there};
use crate::fault::call;
use crate::limits::Family;

impl Identity {
    /// A domain of another name is replaced.
    pub(in crate::identity) async fn ensure_domain(
        &self,
        pool: &PoolId,
        has: Option<&str>,
        client: &ClientId,
    ) -> Result<(), IdentityError> {
        match has {
            Some(domain) if domain == client.as_str() => return Ok(()),
            Some(domain) => self.delete_domain(pool, domain).await?,
            None => {}
        }
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:CreateUserPoolDomain", format!("domain {client} of user pool {pool}"));
        let sent = cognito.client.create_user_pool_domain().user_pool_id(pool.as_str()).domain(client.as_str()).send();
        let made = cognito.ask(Family::CognitoPoolResourceUpdate, named, sent).await;
        match made {
            Ok(_) => Ok(()),
            // A try that went unanswered may have made it.
            Err(error) => match self.described(pool).await? {
                Some(found) if found.domain() == Some(client.as_str()) => Ok(()),
                _ => Err(error.into()),
            },
        }
    }

    pub(in crate::identity) async fn delete_domain(&self, pool: &PoolId, domain: &str) -> Result<(), IdentityError> {
        let cognito = &self.0.cognito;
        let named = call("cognito-idp:DeleteUserPoolDomain", format!("domain {domain} of user pool {pool}"));
        let sent = cognito.client.delete_user_pool_domain().user_pool_id(pool.as_str()).domain(domain).send();
        let gone = there(cognito.ask(Family::CognitoPoolResourceUpdate, named, sent).await, NO_POOL);
        match gone {
            Ok(_) => Ok(()),
            // What is gone already is an invalid parameter to Cognito.
            Err(error) => match self.described(pool).await? {
                Some(found) if found.domain().is_some() => Err(error.into()),
                _ => Ok(()),
            },
        }
    }
}
