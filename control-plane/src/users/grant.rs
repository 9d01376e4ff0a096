//! The limits of `user/user_write`: nobody gives, or takes from others, a right that they lack.

use std::collections::BTreeSet;

use tenantry_ports::identity::Admin;
use tenantry_web::{Caller, Problem, ScopePolicy};

use super::view::not_found;
use crate::state::App;

/// A role can be given only by a caller who has every scope that it grants. A role that names no group grants none.
pub(super) fn check_role(policy: &ScopePolicy, caller: &Caller, role: &str) -> Result<(), Problem> {
    let Some(missing) = missing(policy, caller, role) else { return Ok(()) };
    let reason = format!("grants {missing}, which the caller lacks");
    Err(Problem::forbidden(format!(
        "userRole {role} {reason}. Choose a role whose scopes you have, or ask somebody who has them."
    ))
    .field("userRole", reason))
}

/// Reads the user that a request would change. It must be one whose scopes the caller has.
pub(super) async fn target(app: &App, caller: &Caller, id: &str) -> Result<Admin, Problem> {
    let admin = app.cp.admins.get(id).await?.ok_or_else(|| not_found(id))?;
    let Some(missing) = missing(&app.cp.settings.policy, caller, &admin.role) else { return Ok(admin) };
    let reason = format!("has the scopes {missing}, which the caller lacks");
    Err(Problem::forbidden(format!("User {id} {reason}. Ask somebody who has them.")).field("id", reason))
}

/// As [`target`], and the user must be another than the caller. `what` is the change, such as `deletes`.
pub(super) async fn other(app: &App, caller: &Caller, id: &str, what: &str) -> Result<Admin, Problem> {
    let admin = target(app, caller, id).await?;
    if is_self(caller, &admin) { Err(own(what, "id")) } else { Ok(admin) }
}

/// Whether the caller is that user. A machine is no user, and a person of another issuer may have the same name.
pub(super) fn is_self(caller: &Caller, admin: &Admin) -> bool {
    caller.0.is_user() && caller.0.username.as_deref() == Some(&admin.name)
}

/// The refusal of a change that a caller makes to itself.
pub(super) fn own(what: &str, field: &str) -> Problem {
    let reason = format!("nobody {what}");
    Problem::forbidden(format!("Here {reason}. Ask another administrator.")).field(field, reason)
}

/// The scopes of a role that the caller lacks, if there are any.
fn missing(policy: &ScopePolicy, caller: &Caller, role: &str) -> Option<String> {
    let granted = policy.of(role)?;
    let missing: BTreeSet<&str> =
        granted.iter().filter(|scope| !policy.allows(&caller.0, scope)).map(String::as_str).collect();
    (!missing.is_empty()).then(|| missing.into_iter().collect::<Vec<_>>().join(", "))
}
