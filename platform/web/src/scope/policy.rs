//! From tokens and groups to scopes.

use std::collections::{BTreeMap, BTreeSet};

use crate::auth::Verified;

/// What `InitiateAuth` puts into a token in place of scopes, as Cognito does.
pub const INITIATE_AUTH_SCOPE: &str = "aws.cognito.signin.user.admin";

const TENANT_READ: &str = "tenant/tenant_read";
const TENANT_WRITE: &str = "tenant/tenant_write";

/// Every scope that a route may ask for.
pub const SCOPES: [&str; 4] = [TENANT_READ, TENANT_WRITE, "user/user_read", "user/user_write"];

/// The group of those who may do everything.
pub const SYSTEM_ADMIN: &str = "SystemAdmin";
/// The group of those who may read everything.
pub const SYSTEM_VIEWER: &str = "SystemViewer";

/// Which scopes each group grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopePolicy {
    groups: BTreeMap<String, BTreeSet<String>>,
}

/// `SystemAdmin` everything, `SystemViewer` what only reads.
impl Default for ScopePolicy {
    fn default() -> Self {
        let all = SCOPES.map(str::to_owned);
        let read = all.iter().filter(|scope| scope.ends_with("_read")).cloned().collect();
        Self::new([(SYSTEM_ADMIN.to_owned(), all.into()), (SYSTEM_VIEWER.to_owned(), read)])
    }
}

impl ScopePolicy {
    pub fn new(groups: impl IntoIterator<Item = (String, BTreeSet<String>)>) -> Self {
        Self { groups: groups.into_iter().collect() }
    }

    /// The groups that grant anything.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    /// What a group grants, if it is known.
    pub fn of(&self, group: &str) -> Option<&BTreeSet<String>> {
        self.groups.get(group)
    }

    /// Whether a caller has a scope: a machine those its token carries; a person those of their groups, and
    /// with an OAuth token only those it carries too.
    pub fn allows(&self, caller: &Verified, scope: &str) -> bool {
        let carried = includes(&caller.scopes, scope);
        if !caller.is_user() {
            return carried;
        }
        (carried || by_initiate_auth(caller)) && self.granted_by_groups(caller, scope)
    }

    /// All scopes a caller has.
    pub fn granted(&self, caller: &Verified) -> BTreeSet<String> {
        if !caller.is_user() {
            let read = includes(&caller.scopes, TENANT_READ).then(|| TENANT_READ.to_owned());
            return caller.scopes.iter().cloned().chain(read).collect();
        }
        let of_groups = caller.groups.iter().filter_map(|group| self.groups.get(group)).flatten();
        let with_read = of_groups.map(String::as_str).chain([TENANT_READ]);
        with_read.filter(|scope| self.allows(caller, scope)).map(str::to_owned).collect()
    }

    fn granted_by_groups(&self, caller: &Verified, scope: &str) -> bool {
        caller.groups.iter().filter_map(|group| self.groups.get(group)).any(|scopes| includes(scopes, scope))
    }
}

/// Whoever may change tenants may read them: SBT's machine client has that scope alone.
fn includes(scopes: &BTreeSet<String>, scope: &str) -> bool {
    scopes.contains(scope) || scope == TENANT_READ && scopes.contains(TENANT_WRITE)
}

/// An OAuth token may carry that scope too, where the client is allowed it, and is then limited by the others: only a
/// token that carries nothing else is one of `InitiateAuth`.
fn by_initiate_auth(caller: &Verified) -> bool {
    caller.scopes.len() == 1 && caller.scopes.contains(INITIATE_AUTH_SCOPE)
}
