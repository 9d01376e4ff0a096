//! Groups of the provider's people and the scopes they grant, as one text.

use std::collections::BTreeSet;

use tenantry_web::ScopePolicy;
use tenantry_web::scope::{SCOPES, SYSTEM_ADMIN};

/// What there is when nobody says.
pub const DEFAULT: &str = "SystemAdmin,SystemViewer";

/// Reads groups between commas: `NAME=SCOPE,SCOPE`, or the name alone of one that we know. Whoever may do everything
/// is there in any case, or nobody could be let in.
pub fn groups(text: &str) -> Result<ScopePolicy, String> {
    let known = ScopePolicy::default();
    let mut groups: Vec<(String, BTreeSet<String>)> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, scope) = match part.split_once('=') {
            Some((name, scope)) => (Some(name.trim()), Some(scope.trim())),
            // A scope is of the group before it.
            None if part.contains('/') => (None, Some(part)),
            None => (Some(part), None),
        };
        if let Some(name) = name {
            let grants = match (scope, known.of(name)) {
                (Some(_), _) => BTreeSet::new(),
                (None, Some(grants)) => grants.clone(),
                (None, None) => {
                    return Err(format!("the group {name:?} grants nothing; say what, such as {name}={}", SCOPES[0]));
                }
            };
            begin(&mut groups, name, grants)?;
        }
        let Some(scope) = scope else { continue };
        if !SCOPES.contains(&scope) {
            return Err(format!("{scope:?} is no scope; there are {}", SCOPES.join(", ")));
        }
        let Some((_, grants)) = groups.last_mut() else {
            return Err(format!("{scope:?} is of no group; begin with the group's name, such as Operators={scope}"));
        };
        grants.insert(scope.to_owned());
    }
    let all: BTreeSet<String> = SCOPES.map(str::to_owned).into();
    match groups.iter().find(|(name, _)| name == SYSTEM_ADMIN) {
        Some((_, grants)) if *grants != all => {
            return Err(format!("{SYSTEM_ADMIN} has every scope, or nobody could let others in; name another group"));
        }
        Some(_) => {}
        None => groups.push((SYSTEM_ADMIN.to_owned(), all)),
    }
    Ok(ScopePolicy::new(groups))
}

fn begin(groups: &mut Vec<(String, BTreeSet<String>)>, name: &str, grants: BTreeSet<String>) -> Result<(), String> {
    let fits = (1..=128).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/');
    if !fits {
        return Err(format!("{name:?} is no group's name: 1 to 128 printable characters without spaces and '/'"));
    }
    if groups.iter().any(|(known, _)| known == name) {
        return Err(format!("the group {name:?} is there twice"));
    }
    groups.push((name.to_owned(), grants));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(text: &str, group: &str) -> Vec<String> {
        groups(text).unwrap().of(group).map(|scopes| scopes.iter().cloned().collect()).unwrap_or_default()
    }

    #[test]
    fn the_default_is_what_the_policy_is_without_settings() {
        assert_eq!(groups(DEFAULT).unwrap(), ScopePolicy::default());
    }

    #[test]
    fn a_group_grants_the_scopes_after_its_name() {
        let text = "Ops=tenant/tenant_read,tenant/tenant_write, Desk = user/user_read";
        assert_eq!(grants(text, "Ops"), ["tenant/tenant_read", "tenant/tenant_write"]);
        assert_eq!(grants(text, "Desk"), ["user/user_read"]);
        assert_eq!(grants(text, "SystemAdmin").len(), 4);
        assert_eq!(grants(text, "SystemViewer"), Vec::<String>::new());
        assert_eq!(grants("SystemViewer=user/user_read", "SystemViewer"), ["user/user_read"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_words() {
        for (text, words) in [
            ("Ops", "grants nothing"),
            ("Ops=", "is no scope"),
            ("Ops=tenant/everything", "\"tenant/everything\" is no scope; there are tenant/tenant_read"),
            ("tenant/tenant_read", "is of no group"),
            ("=tenant/tenant_read", "no group's name"),
            ("A b=tenant/tenant_read", "no group's name"),
            ("Ops=user/user_read,Ops=user/user_write", "twice"),
            ("SystemAdmin=user/user_read", "has every scope"),
        ] {
            let said = groups(text).unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
    }
}
