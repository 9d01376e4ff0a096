//! Every route of users, for admins of two tenants that share a pool.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::error::Refusal;
use tenantry_ports::identity::{IdentityError, Made, NewTenantUser, TenantUser, TenantUserChange, TenantUsers};
use tenantry_ports::page::{Page, PageRequest, Position};
use tenantry_tenancy::testing::{Caller, Signer, Speaker, assert_shut_to_strangers, framed};
use tenantry_users::{Context, router};

/// Users in memory.
#[derive(Default)]
struct MemoryUsers(Mutex<Users>);

type Users = BTreeMap<(TenantId, String), TenantUser>;

impl MemoryUsers {
    fn users(&self) -> MutexGuard<'_, Users> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TenantUsers for MemoryUsers {
    async fn create(&self, tenant: &TenantId, new: NewTenantUser) -> Result<Made<TenantUser>, IdentityError> {
        if tenant.as_str() == "removed" {
            return Err(IdentityError::Refused(Refusal::Gone));
        }
        let mut users = self.users();
        let key = (tenant.clone(), new.name.clone());
        if users.contains_key(&key) {
            return Ok(Made::Taken);
        }
        if users.iter().any(|((t, _), user)| t == tenant && user.email == new.email.as_str()) {
            return Ok(Made::Taken);
        }
        let user = TenantUser {
            name: new.name,
            email: new.email.to_string(),
            role: new.role,
            status: "FORCE_CHANGE_PASSWORD".into(),
            enabled: true,
            created: Timestamp::from_millis(0),
            modified: Timestamp::from_millis(0),
        };
        users.insert(key, user.clone());
        Ok(Made::New(user))
    }

    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<TenantUser>, IdentityError> {
        Ok(self.users().get(&(tenant.clone(), name.to_owned())).cloned())
    }

    async fn list(&self, tenant: &TenantId, page: PageRequest) -> Result<Page<TenantUser>, IdentityError> {
        let after = page.after.map(|position| position.0);
        let users = self.users();
        let own = users.iter().filter(|((t, name), _)| t == tenant && after.as_ref().is_none_or(|a| name > a));
        let mut items: Vec<_> = own.map(|(_, user)| user.clone()).collect();
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        let next = items.last().filter(|_| more).map(|user| Position(user.name.clone()));
        Ok(Page { items, next })
    }

    async fn update(
        &self,
        tenant: &TenantId,
        name: &str,
        change: TenantUserChange,
    ) -> Result<Option<TenantUser>, IdentityError> {
        let mut users = self.users();
        let Some(user) = users.get_mut(&(tenant.clone(), name.to_owned())) else { return Ok(None) };
        let TenantUserChange { email, role, enabled } = change;
        if email.as_ref().is_some_and(|email| email.as_str() == "taken@example.com") {
            return Err(IdentityError::Refused(Refusal::Taken));
        }
        user.email = email.map_or_else(|| user.email.clone(), |e| e.to_string());
        user.role = role.unwrap_or_else(|| user.role.clone());
        user.enabled = enabled.unwrap_or(user.enabled);
        Ok(Some(user.clone()))
    }

    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, IdentityError> {
        Ok(self.users().remove(&(tenant.clone(), name.to_owned())).is_some())
    }
}

/// Admins of acme and globex, and a plain user of acme.
fn three() -> (Caller, Caller, Caller) {
    let signer = Arc::new(Signer::default());
    let context = Context { users: Arc::new(MemoryUsers::default()) };
    let routes = framed("users", Owner::Stage, &signer, router(context));
    let caller = |tenant, role| Caller { router: routes.clone(), token: signer.token(Speaker::Pooled, tenant, role) };
    (caller("acme", "TenantAdmin"), caller("globex", "TenantAdmin"), caller("acme", "TenantUser"))
}

#[tokio::test]
async fn a_user_is_made_read_changed_and_deleted() {
    let (acme, globex, _) = three();
    let new = json!({"userName": "alice", "userEmail": "alice@example.com", "userRole": "TenantUser"});
    let (status, made) = acme.call("POST", "/users", Some(new.clone())).await;
    let expected = json!({"username": "alice", "email": "alice@example.com", "user_role": "TenantUser",
        "status": "FORCE_CHANGE_PASSWORD", "enabled": true, "created": "1970-01-01T00:00:00.000Z",
        "modified": "1970-01-01T00:00:00.000Z"});
    assert_eq!((status, &made), (StatusCode::CREATED, &expected));
    assert_eq!(acme.call("POST", "/users", Some(new.clone())).await.0, StatusCode::CONFLICT);
    assert_eq!(acme.get("/users").await, (StatusCode::OK, json!([made])));
    assert_eq!(acme.get("/users/alice").await, (StatusCode::OK, made));

    // Another tenant has none of it, and may have an alice of its own.
    assert_eq!(globex.get("/users").await.1, json!([]));
    assert_eq!(globex.get("/users/alice").await.0, StatusCode::NOT_FOUND);
    assert_eq!(globex.call("DELETE", "/users/alice", None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(globex.call("POST", "/users", Some(new)).await.0, StatusCode::CREATED);

    let change = json!({"userName": "alice", "userRole": "TenantAdmin", "enabled": false});
    let (status, changed) = acme.call("PUT", "/users/alice", Some(change.clone())).await;
    assert_eq!(
        (status, &changed["user_role"], &changed["enabled"]),
        (StatusCode::OK, &json!("TenantAdmin"), &json!(false))
    );
    assert_eq!(globex.get("/users/alice").await.1["user_role"], "TenantUser");
    assert_eq!(acme.call("DELETE", "/users/alice", None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(acme.get("/users/alice").await.0, StatusCode::NOT_FOUND);
    assert_eq!(acme.call("PUT", "/users/alice", Some(json!({"enabled": true}))).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_user_is_called_anything_and_addressed_by_what_the_answer_says() {
    let (acme, _, _) = three();
    let longest = "\u{ae40}".repeat(256);
    for (n, (name, addressed)) in [
        ("Ada Lovelace", Some("Ada Lovelace")),
        ("\u{ae40}\u{cca0}\u{c218}", Some("\u{ae40}\u{cca0}\u{c218}")),
        // Another one of the same name.
        ("Ada Lovelace", None),
        ("a/b", None),
        ("100%", None),
        ("health", None),
        ("..", None),
        (" spaced ", None),
        (longest.as_str(), None),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("User{n}@example.com");
        let new = json!({"userName": name, "userEmail": email});
        let (status, made) = acme.call("POST", "/users", Some(new.clone())).await;
        let addressed = addressed.map_or_else(|| email.to_lowercase(), str::to_owned);
        assert_eq!((status, &made["username"]), (StatusCode::CREATED, &json!(addressed)), "{name}");
        // The e-mail is what is taken.
        let (status, problem) = acme.call("POST", "/users", Some(new)).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::CONFLICT, &json!("userEmail")), "{name}");
        let path = format!("/users/{}", encoded(&addressed));
        assert_eq!(acme.get(&path).await, (StatusCode::OK, made), "{name}");
        let change = json!({"userRole": "TenantAdmin"});
        assert_eq!(acme.call("PUT", &path, Some(change)).await.1["user_role"], "TenantAdmin", "{name}");
    }
    let listed = acme.get("/users").await.1;
    assert_eq!(listed.as_array().unwrap().len(), 9);
    for user in listed.as_array().unwrap() {
        let path = format!("/users/{}", encoded(user["username"].as_str().unwrap()));
        assert_eq!(acme.call("DELETE", &path, None).await.0, StatusCode::NO_CONTENT, "{user}");
    }
}

/// As a browser writes it into a path.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |path, byte| {
        if byte.is_ascii_alphanumeric() { path + &char::from(byte).to_string() } else { path + &format!("%{byte:02X}") }
    })
}

#[tokio::test]
async fn only_admins_may() {
    let (_, _, user) = three();
    for (method, path) in
        [("GET", "/users"), ("POST", "/users"), ("GET", "/users/a"), ("PUT", "/users/a"), ("DELETE", "/users/a")]
    {
        let body = (method != "GET").then(|| json!({}));
        assert_eq!(user.call(method, path, body).await.0, StatusCode::FORBIDDEN, "{method} {path}");
    }
    assert_eq!(user.get("/users/health").await, (StatusCode::OK, json!({"status": "ok"})));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let (acme, _, _) = three();
    for (method, path, body, field) in [
        ("POST", "/users", json!({"userName": "a".repeat(257), "userEmail": "a@b.c"}), "userName"),
        ("POST", "/users", json!({"userName": " ", "userEmail": "a@b.c"}), "userName"),
        ("POST", "/users", json!({"userEmail": "a@b.c"}), "userName"),
        ("POST", "/users", json!({"userName": "a", "userEmail": "nobody"}), "userEmail"),
        ("POST", "/users", json!({"userName": "a"}), "userEmail"),
        ("POST", "/users", json!({"userName": "a", "userEmail": "a@b.c", "userRole": "root"}), "userRole"),
        ("PUT", "/users/a", json!({"userName": "b"}), "userName"),
        ("PUT", "/users/a", json!({"enabled": "no"}), "enabled"),
    ] {
        let (status, problem) = acme.call(method, path, Some(body.clone())).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        let names_the_limit = problem["message"].as_str().unwrap().contains("userName must be a text of 1 to 256");
        assert_eq!(names_the_limit, field == "userName" && method == "POST", "{problem}");
    }
    assert_eq!(acme.get("/users").await.1, json!([]));
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let (acme, globex, _) = three();
    for number in 0..130 {
        let new = json!({"userName": format!("u{number:03}"), "userEmail": format!("u{number}@example.com")});
        assert_eq!(acme.call("POST", "/users", Some(new)).await.0, StatusCode::CREATED);
    }
    let pages = acme.pages("/users").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [60, 60, 10]);
    let names: BTreeSet<_> = pages.iter().flatten().map(|user| user["username"].to_string()).collect();
    assert_eq!(names.len(), 130);
    assert_eq!(globex.pages("/users").await, [Vec::<Value>::new()]);
    assert_eq!(acme.get("/users?limit=61").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_the_issuer_refuses_is_no_fault_of_ours() {
    let (acme, _, _) = three();
    let new = json!({"userName": "alice", "userEmail": "alice@example.com"});
    assert_eq!(acme.call("POST", "/users", Some(new.clone())).await.0, StatusCode::CREATED);
    let taken = json!({"userEmail": "taken@example.com"});
    assert_eq!(acme.call("PUT", "/users/alice", Some(taken)).await.0, StatusCode::CONFLICT);

    let signer = Arc::new(Signer::default());
    let context = Context { users: Arc::new(MemoryUsers::default()) };
    let routes = framed("users", Owner::Stage, &signer, router(context));
    let removed = Caller { router: routes, token: signer.token(Speaker::Pooled, "removed", "TenantAdmin") };
    assert_eq!(removed.call("POST", "/users", Some(new)).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn no_route_opens_to_a_stranger() {
    let named = [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/users/{username}"),
        ("PUT", "/users/{username}"),
        ("DELETE", "/users/{username}"),
    ];
    assert_shut_to_strangers("users", router(Context { users: Arc::new(MemoryUsers::default()) }), &named).await;
}
