//! Groups of the admins' pool: a role that is the name of one puts the user into it, and into no other.

use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, SYSTEM_ADMIN};

use super::super::Identity;
use super::super::calls::{NO_GROUP, there};
use super::named;
use crate::limits::Family;

impl Identity {
    pub(super) fn is_group(&self, role: &str) -> bool {
        self.0.config.admins.iter().any(|admins| admins.groups.iter().any(|group| group == role))
    }

    pub(super) async fn is_in(&self, name: &str, group: &str) -> Result<bool, IdentityError> {
        Ok(self.groups_of(name).await?.iter().any(|known| known == group))
    }

    /// Into the role's group, if it names one, and out of the other groups that roles name.
    pub(super) async fn set_group(&self, name: &str, role: &str) -> Result<(), IdentityError> {
        let (cognito, pool) = (&self.0.cognito, self.admin_pool()?);
        let has = self.groups_of(name).await?;
        for group in has.iter().filter(|group| *group != role && self.is_group(group)) {
            let out = cognito.client.admin_remove_user_from_group().user_pool_id(pool).username(name);
            let named = named("cognito-idp:AdminRemoveUserFromGroup");
            cognito.ask(Family::CognitoUserUpdate, named, out.group_name(group).send()).await?;
        }
        if self.is_group(role) && !has.iter().any(|group| group == role) {
            let into = cognito.client.admin_add_user_to_group().user_pool_id(pool).username(name);
            let named = named("cognito-idp:AdminAddUserToGroup");
            cognito.ask(Family::CognitoUserUpdate, named, into.group_name(role).send()).await?;
        }
        Ok(())
    }

    /// Refuses if the user is the last enabled one of those who may do everything. Cognito has no way to check and
    /// change at once: of two who step down at the same moment, both may be let.
    pub(super) async fn spare(&self, name: &str) -> Result<(), IdentityError> {
        let (cognito, mut is_one, mut next) = (&self.0.cognito, false, None);
        loop {
            let list = cognito.client.list_users_in_group().user_pool_id(self.admin_pool()?).group_name(SYSTEM_ADMIN);
            let sent = list.limit(60).set_next_token(next).send();
            let named = named("cognito-idp:ListUsersInGroup");
            let Some(page) = there(cognito.ask(Family::CognitoUserList, named, sent).await, NO_GROUP)? else {
                return Ok(());
            };
            for user in page.users().iter().filter(|user| user.enabled()) {
                if user.username() != Some(name) {
                    return Ok(());
                }
                is_one = true;
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return if is_one { Err(IdentityError::Refused(Refusal::LastAdmin)) } else { Ok(()) };
            }
        }
    }

    async fn groups_of(&self, name: &str) -> Result<Vec<String>, IdentityError> {
        let (cognito, mut all, mut next) = (&self.0.cognito, Vec::new(), None);
        loop {
            let list = cognito.client.admin_list_groups_for_user().user_pool_id(self.admin_pool()?);
            let sent = list.username(name).limit(60).set_next_token(next).send();
            let named = named("cognito-idp:AdminListGroupsForUser");
            let page = cognito.ask(Family::CognitoUserResourceRead, named, sent).await?;
            all.extend(page.groups().iter().filter_map(|group| group.group_name()).map(str::to_owned));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(all);
            }
        }
    }
}
