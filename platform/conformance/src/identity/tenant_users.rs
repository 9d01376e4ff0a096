use std::collections::BTreeSet;

use tenantry_contract::id::TenantId;
use tenantry_contract::name::Email;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TENANT_ADMIN, TenantUser, TenantUserChange};
use tenantry_ports::page::PageRequest;

use super::IdentitySubject;

fn new(tenant: &TenantId, name: &str) -> NewTenantUser {
    NewTenantUser {
        name: name.to_owned(),
        email: Email::parse(format!("{name}@{tenant}.example.com").replace('_', "-")).unwrap(),
        role: "TenantUser".into(),
        tenant_name: "acme".into(),
        tenant_tier: "basic".into(),
    }
}

async fn made(s: &IdentitySubject, tenant: &TenantId, name: &str) -> TenantUser {
    match s.users.create(tenant, new(tenant, name)).await.unwrap() {
        Made::New(user) => user,
        Made::Taken => panic!("{name} is taken"),
    }
}

fn all(s: &IdentitySubject) -> [&TenantId; 3] {
    [&s.pooled[0], &s.pooled[1], &s.dedicated]
}

pub async fn a_user_is_made_once_in_a_tenant(s: IdentitySubject) {
    for tenant in all(&s) {
        assert_eq!(s.users.get(tenant, "alice").await.unwrap(), None);
        let alice = made(&s, tenant, "alice").await;
        assert_eq!((alice.name.as_str(), alice.role.as_str(), alice.enabled), ("alice", "TenantUser", true));
        assert_eq!(alice.status, "FORCE_CHANGE_PASSWORD");
        assert_eq!(s.users.get(tenant, "alice").await.unwrap(), Some(alice));
        let mut again = new(tenant, "alice");
        again.email = Email::parse(format!("other@{tenant}.example.com").replace('_', "-")).unwrap();
        assert_eq!(s.users.create(tenant, again).await.unwrap(), Made::Taken);
    }
}

pub async fn a_users_name_is_any_text(s: IdentitySubject) {
    let names = ["Ada Lovelace", "\u{ae40}\u{cca0}\u{c218}", "a/b?c#d%20", "..", "'; --", &"\u{ae40}".repeat(84)];
    for tenant in all(&s) {
        for (n, name) in names.iter().enumerate() {
            let user = NewTenantUser { name: (*name).to_owned(), ..new(tenant, &format!("user{n}")) };
            assert!(matches!(s.users.create(tenant, user).await.unwrap(), Made::New(_)), "{name}");
            assert_eq!(s.users.get(tenant, name).await.unwrap().expect("it is there").name, *name);
        }
        for name in ["", " ", " a", "a\n", &"a".repeat(255)] {
            let user = NewTenantUser { name: name.to_owned(), ..new(tenant, "nobody") };
            assert!(matches!(s.users.create(tenant, user).await, Err(IdentityError::Broken { .. })), "{name:?}");
        }
        let listed = s.users.list(tenant, PageRequest::first(10)).await.unwrap();
        assert_eq!(
            listed.items.into_iter().map(|user| user.name).collect::<BTreeSet<_>>(),
            names.map(str::to_owned).into()
        );
        assert!(s.users.delete(tenant, names[2]).await.unwrap());
    }
}

pub async fn tenants_have_users_of_the_same_name(s: IdentitySubject) {
    for tenant in all(&s) {
        made(&s, tenant, "alice").await;
    }
    let mut emails = BTreeSet::new();
    for tenant in all(&s) {
        emails.insert(s.users.get(tenant, "alice").await.unwrap().expect("she is there").email);
    }
    assert_eq!(emails.len(), 3);
}

pub async fn a_user_changes(s: IdentitySubject) {
    for tenant in all(&s) {
        let before = made(&s, tenant, "alice").await;
        let change = TenantUserChange { role: Some("TenantAdmin".into()), enabled: Some(false), email: None };
        let after = s.users.update(tenant, "alice", change).await.unwrap().expect("she is there");
        assert_eq!((after.role.as_str(), after.enabled, &after.email), ("TenantAdmin", false, &before.email));
        let email = Email::parse(format!("new@{tenant}.example.com").replace('_', "-")).unwrap();
        let change = TenantUserChange { email: Some(email.clone()), ..TenantUserChange::default() };
        let after = s.users.update(tenant, "alice", change.clone()).await.unwrap().expect("she is there");
        assert_eq!((after.role.as_str(), after.email.as_str()), ("TenantAdmin", email.as_str()));
        assert_eq!(s.users.get(tenant, "alice").await.unwrap(), Some(after));
        assert_eq!(s.users.update(tenant, "nobody", change).await.unwrap(), None);
    }
}

pub async fn a_deleted_user_is_gone(s: IdentitySubject) {
    for tenant in all(&s) {
        made(&s, tenant, "alice").await;
        assert!(s.users.delete(tenant, "alice").await.unwrap());
        assert!(!s.users.delete(tenant, "alice").await.unwrap());
        assert_eq!(s.users.get(tenant, "alice").await.unwrap(), None);
        made(&s, tenant, "alice").await;
    }
}

pub async fn a_tenants_last_admin_stays(s: IdentitySubject) {
    let admin = |tenant: &TenantId, name: &str| NewTenantUser { role: TENANT_ADMIN.into(), ..new(tenant, name) };
    let demoted = || TenantUserChange { role: Some("TenantUser".into()), ..TenantUserChange::default() };
    let disabled = || TenantUserChange { enabled: Some(false), ..TenantUserChange::default() };
    for tenant in all(&s) {
        // Others' admins count for nothing here.
        assert!(matches!(s.users.create(tenant, admin(tenant, "alice")).await.unwrap(), Made::New(_)));
        made(&s, tenant, "carol").await;
        let alice = s.users.get(tenant, "alice").await.unwrap();
        for change in [demoted(), disabled()] {
            let done = s.users.update(tenant, "alice", change).await;
            assert!(matches!(done, Err(IdentityError::Refused(Refusal::LastAdmin))), "{done:?}");
        }
        let done = s.users.delete(tenant, "alice").await;
        assert!(matches!(done, Err(IdentityError::Refused(Refusal::LastAdmin))), "{done:?}");
        assert_eq!(s.users.get(tenant, "alice").await.unwrap(), alice);

        assert!(matches!(s.users.create(tenant, admin(tenant, "bob")).await.unwrap(), Made::New(_)));
        assert!(s.users.update(tenant, "bob", disabled()).await.unwrap().is_some());
        let done = s.users.delete(tenant, "alice").await;
        assert!(matches!(done, Err(IdentityError::Refused(Refusal::LastAdmin))), "{done:?}");
        let enabled = TenantUserChange { enabled: Some(true), ..TenantUserChange::default() };
        assert!(s.users.update(tenant, "bob", enabled).await.unwrap().is_some());
        assert!(s.users.update(tenant, "alice", demoted()).await.unwrap().is_some());
        assert!(s.users.delete(tenant, "carol").await.unwrap());
    }
}

pub async fn tenants_do_not_reach_each_others_users(s: IdentitySubject) {
    let alice = made(&s, &s.pooled[0], "alice").await;
    for other in [&s.pooled[1], &s.dedicated] {
        assert_eq!(s.users.get(other, "alice").await.unwrap(), None);
        let change = TenantUserChange { enabled: Some(false), ..TenantUserChange::default() };
        assert_eq!(s.users.update(other, "alice", change).await.unwrap(), None);
        assert!(!s.users.delete(other, "alice").await.unwrap());
        assert_eq!(s.users.list(other, PageRequest::first(10)).await.unwrap().items, []);
    }
    assert_eq!(s.users.get(&s.pooled[0], "alice").await.unwrap(), Some(alice));
}

pub async fn every_user_of_a_tenant_is_listed_once(s: IdentitySubject) {
    let expected: BTreeSet<String> = (0..5).map(|n| format!("user{n}")).collect();
    for tenant in all(&s) {
        for name in &expected {
            made(&s, tenant, name).await;
        }
    }
    for tenant in all(&s) {
        let (mut listed, mut page) = (Vec::new(), PageRequest::first(2));
        loop {
            let got = s.users.list(tenant, page.clone()).await.unwrap();
            listed.extend(got.items.into_iter().map(|user| user.name));
            let Some(next) = got.next else { break };
            page.after = Some(next);
        }
        assert_eq!(listed.len(), expected.len());
        assert_eq!(BTreeSet::from_iter(listed), expected);
    }
}
