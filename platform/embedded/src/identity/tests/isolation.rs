//! Pools and tenants do not see each other.

use serde_json::Value;
use tenantry_contract::name::Email;
use tenantry_contract::resource::Owner;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUserChange, TenantUsers};
use tenantry_ports::page::PageRequest;

use super::super::TOKEN_LIFETIME;
use super::super::remote::RemoteTenantUsers;
use super::support::{facts, issuer, tenant};

fn alice(email: &str) -> NewTenantUser {
    NewTenantUser {
        name: "alice".to_owned(),
        email: Email::parse(email).unwrap(),
        role: "TenantUser".to_owned(),
        tenant_name: "acme".to_owned(),
        tenant_tier: "basic".to_owned(),
    }
}

#[tokio::test]
async fn two_tenants_may_both_have_an_alice() {
    let issuer = issuer().await;
    let (pool, client) = issuer.stage().await;
    let remote = RemoteTenantUsers::new(
        issuer.http.clone(),
        &issuer.identity.users_url(&pool),
        issuer.identity.service_token(&pool),
    );
    let (one, two) = (tenant("t-1"), tenant("t-2"));
    for users in [&remote as &dyn TenantUsers, &issuer.identity] {
        let (a, b) = (
            format!("a{}@x.example", users.list(&one, PageRequest::first(60)).await.unwrap().items.len()),
            "b@x.example",
        );
        let first = users.create(&one, alice(&a)).await.unwrap();
        if let Made::New(user) = first {
            assert_eq!((user.name.as_str(), user.status.as_str()), ("alice", "FORCE_CHANGE_PASSWORD"));
            assert!(matches!(users.create(&two, alice(b)).await.unwrap(), Made::New(_)));
        }
        assert_eq!(users.create(&one, alice("c@x.example")).await.unwrap(), Made::Taken, "the name");
        let bob = NewTenantUser { name: "bob".to_owned(), ..alice("A0@x.example") };
        assert_eq!(users.create(&two, bob).await.unwrap(), Made::Taken, "the e-mail");
        assert_eq!(users.get(&one, "alice").await.unwrap().unwrap().email, "a0@x.example");
        assert_eq!(users.get(&two, "alice").await.unwrap().unwrap().email, b);
        assert_eq!(users.get(&tenant("t-3"), "alice").await.unwrap(), None);
        let off = TenantUserChange { enabled: Some(false), ..TenantUserChange::default() };
        assert!(!users.update(&two, "alice", off).await.unwrap().unwrap().enabled);
        let on = TenantUserChange { enabled: Some(true), ..TenantUserChange::default() };
        assert!(users.update(&two, "alice", on).await.unwrap().unwrap().enabled);
        let taken = TenantUserChange { email: Email::parse("a0@x.example").ok(), ..TenantUserChange::default() };
        let taken = users.update(&two, "alice", taken).await;
        assert!(matches!(taken, Err(IdentityError::Refused(Refusal::Taken))), "{taken:?}");
        assert!(!users.delete(&two, "nobody").await.unwrap());
    }
    let (status, _) = issuer.password_auth(&client, "a0@x.example", &issuer.mailed_password("b@x.example")).await;
    assert_eq!(status, 400, "one alice's password is not the other's");
    assert!(remote.delete(&one, "alice").await.unwrap());
    assert!(remote.get(&two, "alice").await.unwrap().is_some());
}

#[tokio::test]
async fn pages_are_filled_and_lead_on() {
    let issuer = issuer().await;
    let (pool, _) = issuer.stage().await;
    let remote = RemoteTenantUsers::new(
        issuer.http.clone(),
        &issuer.identity.users_url(&pool),
        issuer.identity.service_token(&pool),
    );
    let mine = tenant("t-1");
    for n in 0..5 {
        let new = NewTenantUser { name: format!("u/{n}?é"), ..alice(&format!("u{n}@x.example")) };
        assert!(matches!(remote.create(&mine, new).await.unwrap(), Made::New(_)));
    }
    let (mut page, mut names) = (PageRequest::first(2), Vec::new());
    loop {
        let got = remote.list(&mine, page).await.unwrap();
        names.extend(got.items.iter().map(|user| user.name.clone()));
        let Some(next) = got.next else { break };
        assert_eq!(got.items.len(), 2);
        page = PageRequest { limit: 2, after: Some(next) };
    }
    assert_eq!(names, (0..5).map(|n| format!("u/{n}?é")).collect::<Vec<_>>());
    assert!(remote.get(&mine, "u/3?é").await.unwrap().is_some());
}

#[tokio::test]
async fn a_service_token_opens_its_own_pool() {
    let issuer = issuer().await;
    let identity = &issuer.identity;
    let (mine, theirs) = (tenant("t-1"), tenant("t-2"));
    let (a, _) = identity.ensure_pool(&Owner::Tenant(mine.clone())).await.unwrap();
    let (b, _) = identity.ensure_pool(&Owner::Tenant(theirs.clone())).await.unwrap();
    let status = async |pool: &_, tenant: &str, token: &str| {
        let url = format!("{}/{tenant}", identity.users_url(pool));
        issuer.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    let (key_a, key_b) = (identity.service_token(&a), identity.service_token(&b));
    assert_eq!(status(&a, "t-1", &key_a).await, 200);
    assert_eq!(status(&b, "t-2", &key_a).await, 401);
    assert_eq!(status(&a, "t-1", &key_b).await, 401);
    assert_eq!(status(&a, "t-2", &key_a).await, 404, "another tenant in a pool of one");
    assert_eq!(status(&issuer.admin.pool, "t-1", &identity.service_token(&issuer.admin.pool)).await, 404);
    assert_eq!(status(&a, "t-1", "").await, 401);
}

#[tokio::test]
async fn a_client_of_one_pool_is_nobody_in_another() {
    let issuer = issuer().await;
    let identity = &issuer.identity;
    let (stage, pooled) = issuer.stage().await;
    let (own, dedicated) = identity.ensure_pool(&Owner::Tenant(tenant("t-1"))).await.unwrap();
    identity.ensure_tenant_admin(&own, &facts("t-1", "ada@example.com")).await.unwrap();
    assert!(identity.ensure_tenant_admin(&own, &facts("t-2", "eve@example.com")).await.is_err());
    let once = issuer.mailed_password("ada@example.com");
    let tokens = issuer.first_sign_in(&dedicated, "ada@example.com", &once, "Chosen-pass-1").await;
    assert_eq!(issuer.password_auth(&pooled, "ada@example.com", "Chosen-pass-1").await.0, 400);
    assert_eq!(issuer.refresh_auth(&pooled, &tokens["RefreshToken"]).await.0, 400);
    assert!(issuer.claims(&stage, &tokens["IdToken"]).await.is_err(), "signed by no key of the other pool");
    let path = format!("/{stage}/oauth2/token");
    let refresh = tokens["RefreshToken"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", dedicated.as_str()), ("refresh_token", refresh)];
    assert_eq!(issuer.form(&path, &form).await.1["error"], "invalid_client");
}

#[tokio::test]
async fn what_is_removed_is_gone_and_removing_again_is_fine() {
    let issuer = issuer().await;
    let identity = &issuer.identity;
    let (stage, client) = issuer.stage().await;
    assert_eq!(issuer.stage().await, (stage.clone(), client.clone()), "made once");
    let owner = Owner::Tenant(tenant("t-9"));
    let (own, _) = identity.ensure_pool(&owner).await.unwrap();
    identity.ensure_tenant_admin(&stage, &facts("t-1", "ada@example.com")).await.unwrap();
    let once = issuer.mailed_password("ada@example.com");
    let tokens = issuer.first_sign_in(&client, "ada@example.com", &once, "Chosen-pass-1").await;
    let mut pools = identity.owned_pools().await.unwrap();
    pools.sort();
    assert_eq!(pools, [(Owner::Stage, stage.clone()), (owner.clone(), own.clone())]);
    for _ in 0..2 {
        identity.remove_pool(&owner).await.unwrap();
        identity.remove_tenant_users(&stage, &tenant("t-1")).await.unwrap();
    }
    assert_eq!(identity.owned_pools().await.unwrap(), [(Owner::Stage, stage.clone())]);
    assert_eq!(issuer.refresh_auth(&client, &tokens["RefreshToken"]).await.0, 400);
    assert_eq!(issuer.password_auth(&client, "ada@example.com", "Chosen-pass-1").await.0, 400);
    let gone = issuer.http.get(format!("{}/{own}/.well-known/jwks.json", issuer.base)).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    let body: Value = gone.json().await.unwrap();
    assert_eq!(body["error"], "not_found");
}

#[tokio::test]
async fn a_removed_tenants_late_request_makes_no_user() {
    let issuer = issuer().await;
    let (pool, _) = issuer.stage().await;
    let (url, token) = (issuer.identity.users_url(&pool), issuer.identity.service_token(&pool));
    let remote = RemoteTenantUsers::connect(&url, token).unwrap();
    let one = tenant("t-1");
    issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@x.example")).await.unwrap();
    assert!(matches!(remote.create(&one, alice("a@x.example")).await.unwrap(), Made::New(_)));
    issuer.identity.remove_tenant_users(&pool, &one).await.unwrap();
    for users in [&remote as &dyn TenantUsers, &issuer.identity] {
        let late = users.create(&one, alice("a@x.example")).await;
        assert!(matches!(late, Err(IdentityError::Refused(Refusal::Gone))), "{late:?}");
    }
    assert!(!issuer.identity.has_tenant_users(&pool, &one).await.unwrap());
    // Nobody else's removal makes it forgotten while a token of its may be good.
    let removed = async |id: &str| {
        issuer.identity.remove_tenant_users(&pool, &tenant(id)).await.unwrap();
        let count = |c: &rusqlite::Connection| c.query_row("SELECT count(*) FROM gone", [], |row| row.get::<_, i64>(0));
        issuer.identity.0.db.read(count).await.unwrap()
    };
    issuer.clock.forward(TOKEN_LIFETIME * 2);
    assert_eq!(removed("t-2").await, 2);
    assert!(remote.create(&one, alice("a@x.example")).await.is_err());
    issuer.clock.forward(TOKEN_LIFETIME * 25);
    assert_eq!(removed("t-3").await, 1, "then those that went before are");
    // A clean-up that a retry follows has not shut it out for good.
    issuer.identity.ensure_tenant_admin(&pool, &facts("t-1", "ada@x.example")).await.unwrap();
    assert!(matches!(remote.create(&one, alice("a@x.example")).await.unwrap(), Made::New(_)));
}
