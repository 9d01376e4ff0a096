//! The gateway as its clients see it, with real services behind it.

#![expect(clippy::unwrap_used, reason = "a test that fails here fails loudly")]

mod house;
mod raw;
mod records;
mod strangers;

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::any;
use house::{House, ORIGIN, own, record};
use serde_json::{Value, json};
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_contract::status::Status;
use tenantry_gateway::{GatewayConfig, heed_closings};
use tenantry_ports::usage::Usage;
use tenantry_tenancy::testing::{Speaker, TokioClock};
use tenantry_web::http::Proxies;
use tokio::sync::{broadcast, mpsc};

fn order() -> Value {
    json!({"orderName": "first", "orderProducts": [{"productId": "p1", "price": 2.5, "quantity": 3}]})
}

/// Answers with what it was sent.
fn echo() -> Router {
    Router::new().fallback(any(async |headers: HeaderMap, body: String| {
        let sent: Vec<_> = headers.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap_or("?"))).collect();
        ([("x-own", "kept"), ("connection", "x-hop"), ("x-hop", "gone")], json!([sent, body]).to_string())
    }))
}

fn as_it_is(text: &str) -> String {
    text.to_owned()
}

async fn place(house: &House, tenant: &str) -> Value {
    let sent = house.post("/orders").bearer_auth(house.token(tenant)).json(&order()).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::CREATED);
    sent.json().await.unwrap()
}

#[tokio::test]
async fn each_tenant_reaches_its_own_and_nobody_elses() {
    let house = House::open(as_it_is).await;
    house.orders(&Owner::Stage).await;
    let globex = house.orders(&own("globex")).await;
    house.orders(&own("umbrella")).await;
    let tenants = ["acme", "initech", "globex", "umbrella"];
    let mut placed = Vec::new();
    for tenant in tenants {
        placed.push(place(&house, tenant).await);
    }
    for (tenant, theirs) in tenants.iter().zip(&placed) {
        let list = house.get("/orders").bearer_auth(house.token(tenant)).send().await.unwrap();
        assert_eq!(list.json::<Value>().await.unwrap(), json!([theirs]), "{tenant}");
        for other in tenants.iter().filter(|other| *other != tenant) {
            let path = format!("/orders/{tenant}:{}", theirs["orderId"].as_str().unwrap());
            let sent = house.get(&path).bearer_auth(house.token(other)).send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::NOT_FOUND, "{other} asks for {tenant}'s");
        }
    }
    // Past the gateway.
    for tenant in ["acme", "umbrella"] {
        let past = house.client.get(format!("http://{globex}/orders")).bearer_auth(house.token(tenant));
        assert_eq!(past.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST, "{tenant}");
    }
}

#[tokio::test]
async fn a_page_leads_to_the_next_one() {
    let house = House::open(as_it_is).await;
    house.orders(&Owner::Stage).await;
    for _ in 0..3 {
        place(&house, "acme").await;
    }
    let (mut address, mut found) = (format!("{}/orders?limit=2", house.url), Vec::new());
    loop {
        let page = house.client.get(&address).header("origin", ORIGIN).bearer_auth(house.token("acme"));
        let page = page.send().await.unwrap();
        assert!(page.headers()["access-control-expose-headers"].to_str().unwrap().contains("link"));
        let next = page.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let here = page.url().clone();
        found.push(page.json::<Vec<Value>>().await.unwrap().len());
        let Some(next) = next else { break };
        let relative = next.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).unwrap();
        address = here.join(relative).unwrap().into();
    }
    assert_eq!(found, [2, 1]);
    // It is acme's alone.
    let stolen = house.client.get(&address).bearer_auth(house.token("initech"));
    assert_eq!(stolen.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_or_dead_address_is_forgotten_and_the_request_sent_again() {
    let house = House::open(as_it_is).await;
    // First in line: a port nobody listens on, then umbrella's service.
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let umbrella = house.orders(&own("umbrella")).await;
    for wrong in [umbrella, dead] {
        house.routes.0.lock().unwrap().insert((own("globex"), "orders".into()), vec![wrong]);
        house.orders(&own("globex")).await;
        assert_eq!(place(&house, "globex").await["tenantId"], "globex");
    }
    let none = house.get("/orders").bearer_auth(house.token("umbrella")).send().await.unwrap();
    assert_eq!(none.json::<Value>().await.unwrap(), json!([]));
    house.routes.0.lock().unwrap().insert((own("globex"), "orders".into()), vec![umbrella]);
    let lost = house.get("/orders").bearer_auth(house.token("globex")).send().await.unwrap();
    assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(lost.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_shared_services_address_that_is_another_tenants_now_is_forgotten_too() {
    let house = House::open(as_it_is).await;
    let umbrella = house.orders(&own("umbrella")).await;
    let shared = || (Owner::Stage, "orders".to_owned());
    house.routes.0.lock().unwrap().insert(shared(), vec![umbrella]);
    house.orders(&Owner::Stage).await;
    assert_eq!(place(&house, "acme").await["tenantId"], "acme");
    // A body too long to be kept is sent once, and whoever sent it hears that it was not taken.
    house.routes.0.lock().unwrap().remove(&shared());
    let others = any(async |_: Bytes| StatusCode::MISDIRECTED_REQUEST);
    house.start(&Owner::Stage, "orders", Router::new().fallback(others)).await;
    house.orders(&Owner::Stage).await;
    let long = house.post("/orders").bearer_auth(house.token("acme")).body(vec![b' '; 128 * 1024]);
    assert_eq!(long.send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn who_may_read_an_answer_is_not_a_services_to_say() {
    let house = House::open(as_it_is).await;
    let generous = [
        ("access-control-allow-origin", "https://evil.example"),
        ("access-control-allow-credentials", "true"),
        ("vary", "accept-language"),
    ];
    house.start(&own("globex"), "orders", Router::new().fallback(any(async move || (generous, "told")))).await;
    for (origin, allowed) in [(Some(ORIGIN), Some(ORIGIN)), (Some("https://evil.example"), None), (None, None)] {
        let mut request = house.get("/orders").bearer_auth(house.token("globex"));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = request.send().await.unwrap();
        let headers = answer.headers();
        let said = headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!((answer.status(), said), (StatusCode::OK, allowed), "{origin:?}");
        assert!(!headers.contains_key("access-control-allow-credentials"));
        let vary: Vec<_> = headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(vary, ["accept-language", "origin"], "{origin:?}");
    }
}

#[tokio::test]
async fn who_is_not_let_in() {
    let house = House::open(as_it_is).await;
    house.orders(&Owner::Stage).await;
    let sign = |speaker, claims| house.signer.sign(speaker, &claims);
    let acme = || json!({"custom:tenantId": "acme"});
    for (token, status) in [
        (sign(Speaker::Tenant("globex"), acme()), 403),
        (sign(Speaker::Tenant("acme"), acme()), 403),
        (sign(Speaker::Pooled, json!({"custom:tenantId": "globex"})), 403),
        (sign(Speaker::Pooled, json!({"custom:tenantId": "acme", "token_use": "access", "client_id": "app"})), 403),
        (sign(Speaker::Pooled, json!({"custom:tenantId": "acme", "exp": 1})), 401),
        (sign(Speaker::Pooled, json!({})), 403),
        (sign(Speaker::Admins, acme()), 403),
        (sign(Speaker::Admins, json!({"token_use": "access", "client_id": "app"})), 403),
        (sign(Speaker::Pooled, json!({"custom:tenantId": "nobody"})), 404),
        ("x".into(), 401),
    ] {
        let sent = house.get("/orders").bearer_auth(token).header("origin", ORIGIN).send().await.unwrap();
        assert_eq!(sent.status(), status);
        assert_eq!(sent.headers()["content-type"], "application/problem+json");
        assert_eq!(sent.headers()["access-control-allow-origin"], ORIGIN);
        let id = sent.headers()["x-request-id"].to_str().unwrap().to_owned();
        let problem: Value = sent.json().await.unwrap();
        assert_eq!((&problem["statusCode"], &problem["requestId"]), (&json!(status), &json!(id)));
    }
    assert_eq!(house.get("/orders").send().await.unwrap().status(), 401);
    assert_eq!(house.get("/nothing").bearer_auth(house.token("acme")).send().await.unwrap().status(), 404);
    let foreign = house.get("/orders").header("host", "evil.example").bearer_auth(house.token("acme"));
    assert_eq!(foreign.send().await.unwrap().status(), 400);
    let catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    for (status, answer) in [(Status::Deleting, 403), (Status::InProgress, 403), (Status::Deleted, 404)] {
        house.records.put(record("acme", "basic", &catalogue, status));
        let sent = house.get("/orders").bearer_auth(house.token("acme")).send().await.unwrap();
        assert_eq!(sent.status(), answer, "{status}");
    }
    let day = TokioClock::START.day();
    assert_eq!(house.usage.used(&TenantId::parse("acme").unwrap(), &day).await.unwrap(), 0);
}

#[tokio::test]
async fn preflight_and_health_need_no_token() {
    let house = House::open(as_it_is).await;
    house.orders(&Owner::Stage).await;
    let preflight = house.client.request(reqwest::Method::OPTIONS, format!("{}/orders", house.url));
    let preflight = preflight.header("origin", ORIGIN).header("access-control-request-method", "PUT");
    let answer = preflight.header("access-control-request-headers", "authorization").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(answer.headers()["access-control-allow-headers"], "authorization");
    let health = house.get("/orders/health").send().await.unwrap();
    assert_eq!((health.status(), health.text().await.unwrap().as_str()), (StatusCode::OK, r#"{"status":"ok"}"#));
    assert_eq!(house.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_daily_quota_is_exact_under_concurrency() {
    let house = House::open(|text| {
        text.replace(
            "requests_per_second = 10\nburst = 10\nrequests_per_day = 1000",
            "requests_per_second = 9000\nburst = 9000\nrequests_per_day = 20",
        )
    })
    .await;
    house.orders(&Owner::Stage).await;
    let calls = (0..60).map(|_| house.get("/orders").bearer_auth(house.token("acme")).send());
    let answers = futures::future::try_join_all(calls).await.unwrap();
    assert_eq!(answers.iter().filter(|a| a.status() == 200).count(), 20);
    let over: Vec<_> = answers.iter().filter(|a| a.status() == 429).collect();
    assert_eq!(over.len(), 40);
    let wait: u64 = over[0].headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    // Another tenant's day is its own.
    assert_eq!(house.get("/orders").bearer_auth(house.token("initech")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_tenant_over_its_rate_is_throttled_alone() {
    let house = House::open(|text| {
        text.replacen("requests_per_second = 10\nburst = 10", "requests_per_second = 1\nburst = 3", 1)
    })
    .await;
    house.orders(&Owner::Stage).await;
    let calls = (0..100).map(|_| house.get("/orders").bearer_auth(house.token("acme")).send());
    let answers = futures::future::try_join_all(calls).await.unwrap();
    let passed = answers.iter().filter(|a| a.status() == 200).count();
    assert!((3..100).contains(&passed), "{passed}");
    assert!(answers.iter().filter(|a| a.status() == 429).all(|a| a.headers().contains_key("retry-after")));
    assert_eq!(house.get("/orders").bearer_auth(house.token("initech")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn headers_and_bodies_pass_as_they_should() {
    let house = House::open(as_it_is).await;
    house.start(&own("globex"), "orders", echo()).await;
    let chunks = futures::stream::iter((0..20).map(|n| Ok::<_, std::io::Error>(format!("{n};"))));
    let sent = house.post("//orders//x?a=//b").bearer_auth(house.token("globex")).header("cookie", "session=1");
    let sent = sent.header("x-tenant-id", "acme").header("x-forwarded-for", "1.2.3.4").header("traceparent", "tp");
    let sent = sent.header("x-tenant", "acme").header("x_tenant_id", "acme");
    let answer = sent.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!((answer.status(), &answer.headers()["x-own"]), (StatusCode::OK, &"kept".parse().unwrap()));
    assert!(!answer.headers().contains_key("x-hop"));
    let (headers, body): (Vec<String>, String) = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body, (0..20).map(|n| format!("{n};")).collect::<Vec<_>>().concat());
    let has = |start: &str| headers.iter().any(|header| header.starts_with(start));
    assert!(has("traceparent: tp") && has("authorization: Bearer") && has("x-forwarded-for: 127.0.0.1"), "{headers:?}");
    assert!(has("x-request-id: ") && !has("cookie") && !has("x-tenant") && !has("x_"), "{headers:?}");
    let huge = house.post("/orders").bearer_auth(house.token("globex")).body(vec![0; 2 * 1024 * 1024]);
    assert_eq!(huge.send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_called() {
    let (nobody, everybody) = (vec![], vec!["127.0.0.0/8"]);
    for (proxies, proto, host, expected) in [
        (
            nobody,
            "https",
            "a.b",
            ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http", "x-forwarded-host: 127.0.0.1:"],
        ),
        (
            everybody.clone(),
            "https",
            "A.b:443",
            ["x-forwarded-for: 192.0.2.1", "x-forwarded-proto: https", "x-forwarded-host: A.b:443"],
        ),
        // What a client made up and the proxy let through, is not told to services as ours.
        (
            everybody,
            "gopher",
            "evil.example",
            ["x-forwarded-for: 192.0.2.1", "x-forwarded-proto: http", "x-forwarded-host: 127.0.0.1:"],
        ),
    ] {
        let said =
            [("x-forwarded-for", "203.0.113.7, 192.0.2.1"), ("x-forwarded-proto", proto), ("x-forwarded-host", host)];
        let proxies = Proxies::new(proxies.into_iter().map(|network| network.parse().unwrap()).collect());
        let ours = |config: &mut GatewayConfig| {
            config.proxies = proxies;
            config.hosts.push("a.b".to_owned());
        };
        let house = House::with(ours, as_it_is).await;
        house.start(&own("globex"), "orders", echo()).await;
        let request = house.get("/orders").bearer_auth(house.token("globex")).header("forwarded", "for=203.0.113.8");
        let request = said.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let (headers, _): (Vec<String>, String) =
            serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        let told: Vec<_> = headers.iter().filter(|header| header.contains("forwarded")).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        for line in expected {
            assert!(told.iter().any(|header| header.starts_with(line)), "{line}: {told:?}");
        }
    }
}

#[tokio::test]
async fn a_silent_service_is_504_a_missing_one_503_and_a_restarted_one_is_found() {
    let house = House::open(as_it_is).await;
    let missing = house.get("/orders").bearer_auth(house.token("globex")).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::SERVICE_UNAVAILABLE);
    let silent = Router::new().fallback(any(async || std::future::pending::<()>().await));
    let address = house.start(&own("globex"), "orders", silent).await;
    let late = house.get("/orders").bearer_auth(house.token("globex")).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::GATEWAY_TIMEOUT);
    house.routes.0.lock().unwrap().entry((own("globex"), "orders".into())).or_default().retain(|a| *a != address);
    house.orders(&own("globex")).await;
    place(&house, "globex").await;
}

#[tokio::test]
async fn a_slow_body_arrives_and_a_stalled_one_is_given_up() {
    let house = House::open(as_it_is).await;
    house.start(&own("globex"), "orders", echo()).await;
    let (more, chunks) = mpsc::unbounded_channel::<Result<&'static str, std::io::Error>>();
    let chunks = futures::stream::unfold(chunks, async |mut chunks| Some((chunks.recv().await?, chunks)));
    let sent = house.post("/orders").bearer_auth(house.token("globex")).body(reqwest::Body::wrap_stream(chunks));
    let call = tokio::spawn(sent.send());
    // All in all longer than a service may take, but never silent for so long.
    for part in ["a", "b", "c", "d", "e", "f"] {
        more.send(Ok(part)).unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    drop(more);
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.unwrap().contains("abcdef"));

    let stalled = futures::stream::pending::<Result<&'static str, std::io::Error>>();
    let sent = house.post("/orders").bearer_auth(house.token("globex")).body(reqwest::Body::wrap_stream(stalled));
    assert_eq!(sent.send().await.unwrap().status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_in_the_end() {
    let house = House::with(|config| config.body_timeout = Duration::from_millis(700), as_it_is).await;
    house.start(&own("globex"), "orders", echo()).await;
    let dripping = futures::stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((Ok::<_, std::io::Error>("x"), ()))
    });
    let sent = house.post("/orders").bearer_auth(house.token("globex")).body(reqwest::Body::wrap_stream(dripping));
    assert_eq!(sent.send().await.unwrap().status(), StatusCode::REQUEST_TIMEOUT);
}

/// Says when it is dropped.
struct Told(mpsc::UnboundedSender<&'static str>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_with_it() {
    let house = House::open(as_it_is).await;
    let (say, mut hear) = mpsc::unbounded_channel();
    let service = Router::new().fallback(any(move || {
        let told = Told(say.clone());
        async move {
            let _ = told.0.send("came");
            std::future::pending::<()>().await;
        }
    }));
    house.start(&own("globex"), "orders", service).await;
    let call = tokio::spawn(house.get("/orders").bearer_auth(house.token("globex")).send());
    assert_eq!(hear.recv().await, Some("came"));
    call.abort();
    let ended = tokio::time::timeout(Duration::from_secs(10), hear.recv()).await;
    assert_eq!(ended.unwrap(), Some("dropped"));
}

#[tokio::test]
async fn a_tenant_that_is_closed_here_is_shut_out_at_once() {
    let house = House::believing(Duration::from_secs(3600), as_it_is).await;
    house.orders(&Owner::Stage).await;
    let status =
        async |tenant: &str| house.get("/orders").bearer_auth(house.token(tenant)).send().await.unwrap().status();
    assert_eq!(status("acme").await, StatusCode::OK);
    assert_eq!(status("initech").await, StatusCode::OK);
    let catalogue = Catalogue::parse(Catalogue::DEFAULT).unwrap();
    house.records.put(record("acme", "basic", &catalogue, Status::Deleting));
    house.records.put(record("initech", "basic", &catalogue, Status::Deleting));
    // Nobody has said so: it is still believed.
    assert_eq!(status("acme").await, StatusCode::OK);

    let (said, heard) = broadcast::channel(1);
    said.send(TenantId::parse("acme").unwrap()).unwrap();
    drop(said);
    heed_closings(house.gateway.clone(), heard).await;
    assert_eq!(status("acme").await, StatusCode::FORBIDDEN);
    assert_eq!(status("initech").await, StatusCode::OK);

    // Who has missed some of them believes nothing any more.
    let (said, heard) = broadcast::channel(1);
    for tenant in ["globex", "umbrella"] {
        said.send(TenantId::parse(tenant).unwrap()).unwrap();
    }
    drop(said);
    heed_closings(house.gateway.clone(), heard).await;
    assert_eq!(status("initech").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_public_path_brings_a_service_no_body() {
    let house = House::open(as_it_is).await;
    house.start(&Owner::Stage, "orders", echo()).await;
    let sent = house.get("/orders/health").body("keep waiting").send().await.unwrap();
    let echoed: Value = sent.json().await.unwrap();
    assert_eq!(echoed[1], "");
    assert!(!echoed[0].to_string().contains("content-length"), "{echoed}");
}
