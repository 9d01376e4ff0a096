//! Making an admin. Cognito has nothing to tell one try of a request from another by, so the tries are ours and not the
//! SDK's: a user that is there after a try that went unanswered is that try's.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::operation::admin_create_user::AdminCreateUserOutput;
use aws_sdk_cognitoidentityprovider::types::DeliveryMediumType;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{Admin, Admins as _, IdentityError, Made, NewAdmin};
use tokio::time::Instant;

use super::super::Identity;
use super::super::calls::{CallError, FRESH, USER_EXISTS, attributes};
use super::{ROLE, admin, named};
use crate::backoff::Backoff;
use crate::fault::UNDELIVERED;
use crate::limits::Family;

const TRIES: u32 = 4;
/// No try begins after so long: the client still waits.
const WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
/// Cognito's clock and ours differ by less.
const SKEW: Duration = Duration::from_secs(60);

impl Identity {
    pub(super) async fn create_admin(&self, new: NewAdmin) -> Result<Made<Admin>, IdentityError> {
        let (begun, until) = (self.0.database.now(), Instant::now() + WITHIN);
        let (mut tries, mut unanswered) = (0, false);
        loop {
            tries += 1;
            match self.ask_for_admin(&new).await {
                Ok(made) => {
                    self.set_group(&new.name, &new.role).await?;
                    let made = made.user;
                    let made = made.ok_or_else(|| creating().nonsense("it did not say what it made"))?;
                    let status = made.user_status().map_or(FRESH, |status| status.as_str());
                    let times = (made.user_create_date(), made.user_last_modified_date());
                    return Ok(Made::New(admin(new.name, made.attributes(), status, made.enabled(), times)));
                }
                Err(error) if error.is(USER_EXISTS) => {
                    return self.unfinished(&new, unanswered.then_some(begun)).await;
                }
                // It is there, and nobody will ever hear of it.
                Err(error) if error.is(UNDELIVERED) => {
                    if let Err(error) = self.delete(&new.name).await {
                        tracing::warn!(%error, "an admin whose mail did not go out is left in the pool");
                    }
                    return Err(error.into());
                }
                Err(error) if error.passes() && tries < TRIES && Instant::now() < until => {
                    unanswered |= error.is_unanswered();
                    tokio::time::sleep(PAUSE.after(tries, self.0.database.ids())).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn ask_for_admin(&self, new: &NewAdmin) -> Result<AdminCreateUserOutput, CallError> {
        let (cognito, pool) = (&self.0.cognito, self.admin_pool()?);
        let says = attributes([("email", new.email.as_str()), ("email_verified", "true"), (ROLE, &new.role)])?;
        let create = cognito.once.admin_create_user().user_pool_id(pool).username(&new.name);
        let create = create.set_user_attributes(Some(says)).desired_delivery_mediums(DeliveryMediumType::Email);
        cognito.ask(Family::CognitoUserCreation, creating(), create.send()).await
    }

    /// A user of that name is there. It is ours if it is what we would have made, and either a try of this request,
    /// which began then, went unanswered, or an earlier request has made it and not come to the group.
    async fn unfinished(&self, new: &NewAdmin, begun: Option<Timestamp>) -> Result<Made<Admin>, IdentityError> {
        let Some(found) = self.get(&new.name).await? else {
            return Err(IdentityError::Busy { retry_after: Duration::from_secs(1) });
        };
        let alike = found.email == new.email.as_str() && found.role == new.role && found.status == FRESH;
        let of_this_request = begun.is_some_and(|begun| found.created.plus(SKEW) >= begun);
        let ours =
            alike && (of_this_request || (self.is_group(&new.role) && !self.is_in(&new.name, &new.role).await?));
        if !ours {
            return Ok(Made::Taken);
        }
        self.set_group(&new.name, &new.role).await?;
        Ok(Made::New(found))
    }
}

fn creating() -> crate::fault::Call {
    named("cognito-idp:AdminCreateUser")
}
