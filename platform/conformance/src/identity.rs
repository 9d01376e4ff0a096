//! Identity: [`Admins`], [`TenantUsers`] and [`Issuers`].

mod admins;
mod issuers;
mod tenant_users;

pub use self::admins::*;
pub use self::issuers::*;
pub use self::tenant_users::*;

use std::any::Any;
use std::sync::Arc;

use tenantry_contract::id::TenantId;
use tenantry_ports::identity::{Admins, Issuers, TenantUsers};

/// A provider with the admins' pool, the pooled tenants' and one dedicated tenant's.
pub struct IdentitySubject {
    pub admins: Arc<dyn Admins>,
    pub users: Arc<dyn TenantUsers>,
    pub issuers: Arc<dyn Issuers>,
    /// Two tenants of the shared pool, without users.
    pub pooled: [TenantId; 2],
    /// A tenant with a pool of its own, without users.
    pub dedicated: TenantId,
    /// The issuers' URLs: of the admins, of the pooled tenants, of the dedicated one.
    pub urls: [String; 3],
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Tests of an identity provider, each with a fresh [`IdentitySubject`].
#[macro_export]
macro_rules! identity_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; identity:
            an_admin_is_made_once,
            of_many_that_make_one_admin_one_does,
            an_admin_changes,
            an_admin_is_disabled_and_enabled,
            a_deleted_admin_is_gone,
            every_admin_is_listed_once,
            the_last_system_admin_stays,
            a_user_is_made_once_in_a_tenant,
            a_users_name_is_any_text,
            tenants_have_users_of_the_same_name,
            a_user_changes,
            a_deleted_user_is_gone,
            a_tenants_last_admin_stays,
            tenants_do_not_reach_each_others_users,
            every_user_of_a_tenant_is_listed_once,
            an_issuer_speaks_for_its_own,
            no_other_issuer_is_known,
            an_issuers_keys_are_public,
            issuers_share_no_key,
        }
    };
}
