//! A tenant's token opens nothing of another's: through the gateway, past it, and at the admin API.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Client, Session};
use support::leftovers::descendants;
use support::system::System;
use support::{catalogue, eventually};

const PATIENCE: Duration = Duration::from_secs(120);

/// A tenant with a user signed in and one of each thing.
struct Tenant {
    id: String,
    registration: String,
    session: Session,
    product: String,
    order: String,
    user: String,
}

struct Stand {
    client: Client,
    system: System,
}

impl Stand {
    async fn settle(&self, name: &str, tier: &str) -> Tenant {
        let client = &self.client;
        let (registration, id) = client.register(name, tier).await;
        client.until(&registration, "Created", PATIENCE).await;
        let session = client.first_sign_in(&self.system, name).await;
        for path in ["/products", "/orders", "/users"] {
            client.until_served(&session, path).await;
        }
        let made = async |path: &str, body: Value, id: &str| {
            let answer = client.tenant(&session, Method::POST, path, Some(&body)).await;
            assert_eq!(answer.status, 201, "{path}: {}", answer.body);
            answer.body[id].as_str().unwrap().to_owned()
        };
        let product = made("/products", product(name), "productId").await;
        let order =
            json!({ "orderName": name, "orderProducts": [{ "productId": product, "price": 1, "quantity": 1 }] });
        let order = made("/orders", order, "orderId").await;
        let user = format!("user-of-{name}");
        let body = json!({ "userName": user, "userEmail": format!("u@{name}.example.com"), "userRole": "TenantUser" });
        let answer = client.tenant(&session, Method::POST, "/users", Some(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        Tenant { id, registration, session, product, order, user }
    }

    /// Everything a tenant has, as it sees it.
    async fn seen_by(&self, tenant: &Tenant) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in ["/products", "/orders", "/users"] {
            let answer = self.client.tenant(&tenant.session, Method::GET, path, None).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            seen.push(answer.body);
        }
        seen
    }

    /// Where a service listens: a tenant's own, or the one that pooled tenants share.
    fn address(&self, service: &str, tenant: Option<&str>) -> String {
        let service = format!("TENANTRY_SERVICE={service}");
        let whose = tenant.map_or("TENANTRY_OWNER=stage".to_owned(), |id| format!("TENANTRY_TENANT_ID={id}"));
        let found = descendants(self.system.pid(), &[&service, &whose]);
        let port = found.iter().find_map(|process| process.get("PORT")).expect("the service's process");
        format!("http://127.0.0.1:{port}")
    }
}

fn product(name: &str) -> Value {
    json!({ "name": name, "price": 1.5, "sku": "S", "category": "c" })
}

#[tokio::test]
async fn a_token_opens_only_its_own_tenants_things() {
    let home = tempfile::tempdir().unwrap();
    let unlimited = catalogue::unlimited(home.path());
    let system = System::start(&home.path().join("data"), &["--catalogue", unlimited.to_str().unwrap()]);
    let client = Client::machine(&system).await;
    let stand = Stand { client, system };
    let (a, b) = (stand.settle("pooled-a", "basic").await, stand.settle("pooled-b", "basic").await);
    let (x, y) = (stand.settle("own-x", "advanced").await, stand.settle("own-y", "premium").await);

    for (one, other) in [(&a, &b), (&a, &y), (&x, &y), (&y, &x), (&x, &a)] {
        through_the_gateway(&stand, one, other).await;
    }
    past_the_gateway(&stand, [&a, &x, &y]).await;
    forged_tokens_open_nothing(&stand, &a, &x).await;
    admins_and_tenants_do_not_mix(&stand, &a, &x).await;
    an_offboarded_tenants_token_is_refused(&stand, &a, &b).await;
    an_offboarded_tenants_token_is_refused(&stand, &x, &y).await;
}

/// Another's thing does not exist, and is what it was afterwards.
async fn through_the_gateway(stand: &Stand, one: &Tenant, other: &Tenant) {
    let before = stand.seen_by(other).await;
    let own = stand.seen_by(one).await;
    // The same paths answer whose the things are.
    for path in [
        format!("/products/{}:{}", one.id, one.product),
        format!("/products/{}", one.product),
        format!("/orders/{}:{}", one.id, one.order),
        format!("/users/{}", one.user),
    ] {
        let answer = stand.client.tenant(&one.session, Method::GET, &path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let mut tries = Vec::new();
    for (kind, id) in [("products", &other.product), ("orders", &other.order)] {
        for key in [format!("{}:{id}", other.id), id.clone(), format!("{}:{id}", one.id)] {
            tries.push((Method::GET, format!("/{kind}/{key}"), None));
            if kind == "products" {
                tries.push((Method::PUT, format!("/{kind}/{key}"), Some(product("stolen"))));
                tries.push((Method::DELETE, format!("/{kind}/{key}"), None));
            }
        }
    }
    let user = format!("/users/{}", other.user);
    tries.push((Method::GET, user.clone(), None));
    tries.push((Method::PUT, user.clone(), Some(json!({ "userRole": "TenantAdmin" }))));
    tries.push((Method::DELETE, user, None));
    for (method, path, body) in tries {
        let answer = stand.client.tenant(&one.session, method.clone(), &path, body.as_ref()).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        assert!(!answer.body.to_string().contains(&other.id), "nothing is told of the other: {}", answer.body);
    }
    assert_eq!(stand.seen_by(other).await, before, "the other's things are what they were");
    assert_eq!(stand.seen_by(one).await, own, "nothing has appeared in their place");
}

/// A dedicated service answers nobody but its tenant, the shared ones nobody but pooled tenants.
async fn past_the_gateway(stand: &Stand, [pooled, x, y]: [&Tenant; 3]) {
    let before = stand.seen_by(y).await;
    for service in ["products", "orders", "users"] {
        let shared = stand.address(service, None);
        let (xs, ys) = (stand.address(service, Some(&x.id)), stand.address(service, Some(&y.id)));
        for (whose, to, expected) in
            [(pooled, &shared, 200), (x, &xs, 200), (x, &ys, 421), (y, &xs, 421), (pooled, &ys, 421), (x, &shared, 401)]
        {
            let url = format!("{to}/{service}");
            let answer = stand.client.with(&whose.session.id_token, Method::GET, &url, None).await;
            assert_eq!(answer.status, expected, "{} at {url}: {}", whose.id, answer.body);
        }
        let url = format!("{ys}/{service}");
        let answer = stand.client.with(&x.session.id_token, Method::POST, &url, Some(&product("planted"))).await;
        assert_eq!(answer.status, 421, "{}", answer.body);
        // The issuer is the right one, the kind of token is not; the admins' issuer is not known here.
        for (token, expected) in [(y.session.access_token.as_str(), 403), (stand.client.token(), 401)] {
            let answer = stand.client.with(token, Method::GET, &url, None).await;
            assert_eq!(answer.status, expected, "{}", answer.body);
        }
    }
    assert_eq!(stand.seen_by(y).await, before);
}

/// Tokens that only look like those of the real issuer, at the gateway, at the services and at the issuer itself.
async fn forged_tokens_open_nothing(stand: &Stand, pooled: &Tenant, own: &Tenant) {
    for tenant in [pooled, own] {
        let mut places: Vec<String> = Vec::new();
        for service in ["products", "orders", "users"] {
            let whose = (tenant.id == own.id).then_some(own.id.as_str());
            places.push(format!("{}/{service}", stand.client.gateway));
            places.push(format!("{}/{service}", stand.address(service, whose)));
        }
        let issuer = issuer_of(&tenant.session.id_token);
        places.push(format!("{issuer}/oauth2/userInfo"));
        places.push(format!("{issuer}/admin/users/{}", tenant.id));
        places.push(format!("{issuer}/admin/users/{}/{}", tenant.id, tenant.user));
        let keys = stand.client.with("", Method::GET, &format!("{issuer}/.well-known/jwks.json"), None).await;
        for (what, token) in forged(&tenant.session.id_token, &keys.body["keys"][0]) {
            for place in &places {
                let answer = stand.client.with(&token, Method::GET, place, None).await;
                assert_eq!(answer.status, 401, "{place}: {what}: {}", answer.body);
            }
        }
    }
}

fn part(token: &str, nth: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(nth).unwrap()).unwrap()).unwrap()
}

fn issuer_of(token: &str) -> String {
    part(token, 1)["iss"].as_str().unwrap().to_owned()
}

/// A good token, spoilt in every way that takes no private key.
fn forged(good: &str, jwk: &Value) -> Vec<(&'static str, String)> {
    let (head, claims) = (part(good, 0), part(good, 1));
    let signature = good.rsplit_once('.').unwrap().1;
    let message = |head: &Value, claims: &Value| {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(head.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
    };
    let with = |from: &Value, changes: Value| {
        let mut changed = from.clone();
        changed.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        changed
    };
    let symmetric = message(&with(&head, json!({ "alg": "HS256" })), &claims);
    let public = jsonwebtoken::EncodingKey::from_secret(jwk.to_string().as_bytes());
    let by_public_key = jsonwebtoken::crypto::sign(symmetric.as_bytes(), &public, jsonwebtoken::Algorithm::HS256);
    let admin = with(&claims, json!({ "custom:userRole": "TenantAdmin", "exp": 4_102_444_800_u32 }));
    let elsewhere = with(&claims, json!({ "iss": "http://127.0.0.1:1/local_strange1" }));
    vec![
        ("nothing", String::new()),
        ("no token", "hello".to_owned()),
        ("alg none", format!("{}.", message(&with(&head, json!({ "alg": "none" })), &claims))),
        ("HS256 with the public key", format!("{symmetric}.{}", by_public_key.unwrap())),
        ("unknown kid", format!("{}.{signature}", message(&with(&head, json!({ "kid": "k" })), &claims))),
        ("changed claims", format!("{}.{signature}", message(&head, &admin))),
        ("another issuer", format!("{}.{signature}", message(&head, &elsewhere))),
        ("no signature", format!("{}.", message(&head, &claims))),
    ]
}

async fn admins_and_tenants_do_not_mix(stand: &Stand, pooled: &Tenant, own: &Tenant) {
    let client = &stand.client;
    let gateway = format!("{}/products", client.gateway);
    let name = stand.system.credential("/admin/userName");
    let password = stand.system.credential("/admin/password");
    let admin = client.sign_in(&stand.system.credential("/userClientId"), &name, &password, "Correct-horse-9").await;
    for (token, expected) in [
        (client.token(), 403),
        (&admin.access_token, 403),
        (&admin.id_token, 403),
        (&pooled.session.access_token, 403),
        (&own.session.access_token, 403),
    ] {
        let answer = client.with(token, Method::GET, &gateway, None).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    for session in [&pooled.session, &own.session] {
        for token in [&session.id_token, &session.access_token] {
            for (method, path) in [
                (Method::GET, "/tenants".to_owned()),
                (Method::GET, format!("/tenants/{}", own.id)),
                (Method::GET, "/events".to_owned()),
                (Method::DELETE, format!("/tenant-registrations/{}", own.registration)),
            ] {
                let url = format!("{}{path}", client.api);
                let answer = client.with(token, method.clone(), &url, None).await;
                assert_eq!(answer.status, 403, "{method} {path}: {}", answer.body);
            }
        }
    }
    assert_eq!(client.status(&own.registration).await, "Created");
}

async fn an_offboarded_tenants_token_is_refused(stand: &Stand, gone: &Tenant, neighbour: &Tenant) {
    let before = stand.seen_by(neighbour).await;
    stand.client.offboard(&gone.registration).await;
    stand.client.until(&gone.registration, "Deleted", PATIENCE).await;
    // The gateway believes what it knew of a tenant for a moment.
    eventually("the gateway to know", PATIENCE, || async {
        let answer = stand.client.tenant(&gone.session, Method::GET, "/products", None).await;
        let refused = [401, 404].contains(&answer.status.as_u16());
        assert!(refused || answer.body.as_array().is_none_or(Vec::is_empty), "things of the dead: {}", answer.body);
        refused.then_some(())
    })
    .await;
    for path in ["/products", "/orders", "/users"] {
        let answer = stand.client.tenant(&gone.session, Method::GET, path, None).await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.body);
    }
    assert_eq!(stand.seen_by(neighbour).await, before, "the neighbour lives on");
}
