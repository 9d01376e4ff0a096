//! The name that addresses a user.
//!
//! A client sends any text as the name of a new user, and two people may have the same. The user is addressed by that
//! text if it can stand in a path and no other user of the tenant has it, and by the e-mail otherwise. The answer says
//! which.

use tenantry_contract::id::TenantId;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUser, TenantUsers, is_tenant_user_name};

/// Makes a user, whose name is free to choose. `Made::Taken` means that the e-mail is taken.
pub async fn make(
    users: &dyn TenantUsers,
    tenant: &TenantId,
    new: NewTenantUser,
) -> Result<Made<TenantUser>, IdentityError> {
    let by_email = NewTenantUser { name: new.email.folded(), ..new.clone() };
    if !is_address(&new.name) {
        return users.create(tenant, by_email).await;
    }
    let name = new.name.clone();
    if let Made::New(user) = users.create(tenant, new).await? {
        return Ok(Made::New(user));
    }
    match users.get(tenant, &name).await? {
        Some(other) if !other.email.eq_ignore_ascii_case(&by_email.name) => users.create(tenant, by_email).await,
        _ => Ok(Made::Taken),
    }
}

/// Whether a name can be a segment of a path, also for clients that do not encode what a path gives a meaning to.
/// `health` is the health route's.
fn is_address(name: &str) -> bool {
    is_tenant_user_name(name) && !["health", ".", ".."].contains(&name) && !name.contains(['/', '\\', '?', '#', '%'])
}
