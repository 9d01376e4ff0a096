//! From tokens and groups to scopes.

use std::collections::{BTreeSet, HashMap};

use crate::auth::Verified;

/// What `InitiateAuth` puts into a token in place of scopes, as Cognito does.
pub const INITIATE_AUTH_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Which scopes each group grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopePolicy {
    groups: HashMap<String, BTreeSet<String>>,
}

/// `SystemAdmin` everything, `SystemViewer` what only reads.
impl Default for ScopePolicy {
    fn default() -> Self {
        const READ: [&str; 2] = ["tenant/tenant_read", "user/user_read"];
        const WRITE: [&str; 2] = ["tenant/tenant_write", "user/user_write"];
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self::new([("SystemAdmin".to_owned(), set(&[READ, WRITE].concat())), ("SystemViewer".to_owned(), set(&READ))])
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

    /// Whether a caller has a scope: a machine those its token carries; a person those of their groups, and
    /// with an OAuth token only those it carries too.
    pub fn allows(&self, caller: &Verified, scope: &str) -> bool {
        let carried = caller.scopes.contains(scope);
        if !caller.is_user() {
            return carried;
        }
        (carried || caller.scopes.contains(INITIATE_AUTH_SCOPE)) && self.granted_by_groups(caller, scope)
    }

    /// All scopes a caller has.
    pub fn granted(&self, caller: &Verified) -> BTreeSet<String> {
        if !caller.is_user() {
            return caller.scopes.clone();
        }
        let of_groups = caller.groups.iter().filter_map(|group| self.groups.get(group)).flatten();
        of_groups.filter(|scope| self.allows(caller, scope)).cloned().collect()
    }

    fn granted_by_groups(&self, caller: &Verified, scope: &str) -> bool {
        caller.groups.iter().filter_map(|group| self.groups.get(group)).any(|scopes| scopes.contains(scope))
    }
}
