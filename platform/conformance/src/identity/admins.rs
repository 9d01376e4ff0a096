use std::collections::BTreeSet;

use tenantry_contract::name::Email;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{Admin, AdminChange, IdentityError, Made, NewAdmin, SYSTEM_ADMIN};
use tenantry_ports::page::PageRequest;

use super::IdentitySubject;
use crate::make::together;

fn new(name: &str) -> NewAdmin {
    let email = Email::parse(format!("{name}@example.com")).unwrap();
    NewAdmin { name: name.to_owned(), email, role: "basicUser".to_owned() }
}

async fn made(s: &IdentitySubject, name: &str) -> Admin {
    match s.admins.create(new(name)).await.unwrap() {
        Made::New(admin) => admin,
        Made::Taken => panic!("{name} is taken"),
    }
}

async fn kept(s: &IdentitySubject, name: &str) -> Admin {
    s.admins.get(name).await.unwrap().expect("the admin is there")
}

pub async fn an_admin_is_made_once(s: IdentitySubject) {
    assert_eq!(s.admins.get("ada").await.unwrap(), None);
    let ada = made(&s, "ada").await;
    assert_eq!((ada.name.as_str(), ada.email.as_str(), ada.role.as_str()), ("ada", "ada@example.com", "basicUser"));
    assert_eq!((ada.status.as_str(), ada.enabled), ("FORCE_CHANGE_PASSWORD", true));
    assert!(ada.created <= ada.modified);
    assert_eq!(kept(&s, "ada").await, ada);
    let again = NewAdmin { email: Email::parse("other@example.com").unwrap(), ..new("ada") };
    assert_eq!(s.admins.create(again).await.unwrap(), Made::Taken);
    assert_eq!(kept(&s, "ada").await, ada);
}

pub async fn of_many_that_make_one_admin_one_does(s: IdentitySubject) {
    let made = together(6, |_| {
        let admins = s.admins.clone();
        async move { admins.create(new("ada")).await.unwrap() }
    })
    .await;
    assert_eq!(made.iter().filter(|m| matches!(m, Made::New(_))).count(), 1);
}

pub async fn an_admin_changes(s: IdentitySubject) {
    made(&s, "ada").await;
    let email = Email::parse("new@example.com").unwrap();
    let both = AdminChange { role: Some("SystemViewer".into()), email: Some(email) };
    assert!(s.admins.update("ada", both.clone()).await.unwrap());
    let ada = kept(&s, "ada").await;
    assert_eq!((ada.role.as_str(), ada.email.as_str()), ("SystemViewer", "new@example.com"));
    let role = AdminChange { role: Some("basicUser".into()), email: None };
    assert!(s.admins.update("ada", role).await.unwrap());
    let ada = kept(&s, "ada").await;
    assert_eq!((ada.role.as_str(), ada.email.as_str()), ("basicUser", "new@example.com"));
    assert!(!s.admins.update("nobody", both).await.unwrap());
}

pub async fn an_admin_is_disabled_and_enabled(s: IdentitySubject) {
    made(&s, "ada").await;
    for enabled in [false, false, true, true] {
        assert!(s.admins.set_enabled("ada", enabled).await.unwrap());
        assert_eq!(kept(&s, "ada").await.enabled, enabled);
    }
    assert!(!s.admins.set_enabled("nobody", true).await.unwrap());
}

pub async fn a_deleted_admin_is_gone(s: IdentitySubject) {
    made(&s, "ada").await;
    assert!(s.admins.delete("ada").await.unwrap());
    assert!(!s.admins.delete("ada").await.unwrap());
    assert_eq!(s.admins.get("ada").await.unwrap(), None);
    made(&s, "ada").await;
}

pub async fn every_admin_is_listed_once(s: IdentitySubject) {
    let mut expected = BTreeSet::new();
    for n in 0..5 {
        let name = format!("admin{n}");
        made(&s, &name).await;
        expected.insert(name);
    }
    let (mut listed, mut page) = (Vec::new(), PageRequest::first(2));
    loop {
        let got = s.admins.list(page.clone()).await.unwrap();
        listed.extend(got.items.into_iter().map(|admin| admin.name));
        let Some(next) = got.next else { break };
        page.after = Some(next);
    }
    let distinct: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(distinct.len(), listed.len());
    // The first admin may be there already.
    assert!(distinct.is_superset(&expected), "{distinct:?}");
}

pub async fn the_last_system_admin_stays(s: IdentitySubject) {
    let system = |name: &str| NewAdmin { role: SYSTEM_ADMIN.to_owned(), ..new(name) };
    assert!(matches!(s.admins.create(system("ada")).await.unwrap(), Made::New(_)));
    // Whoever was there before may go, as ada is left.
    for admin in s.admins.list(PageRequest::first(50)).await.unwrap().items {
        if admin.name != "ada" {
            assert!(s.admins.delete(&admin.name).await.unwrap());
        }
    }
    let ada = kept(&s, "ada").await;
    let demoted = || AdminChange { role: Some("SystemViewer".to_owned()), email: None };
    let refused = |done: Result<bool, IdentityError>| {
        assert!(matches!(done, Err(IdentityError::Refused(Refusal::LastAdmin))), "{done:?}");
    };
    let all_refused = async || {
        refused(s.admins.delete("ada").await);
        refused(s.admins.set_enabled("ada", false).await);
        refused(s.admins.update("ada", demoted()).await);
        assert_eq!(kept(&s, "ada").await, ada);
    };
    all_refused().await;
    // One that cannot sign in is nobody to fall back on.
    assert!(matches!(s.admins.create(system("bob")).await.unwrap(), Made::New(_)));
    assert!(s.admins.set_enabled("bob", false).await.unwrap());
    all_refused().await;
    assert!(s.admins.set_enabled("bob", true).await.unwrap());
    assert!(s.admins.update("ada", demoted()).await.unwrap());
    refused(s.admins.delete("bob").await);
    assert!(s.admins.delete("ada").await.unwrap());
}
