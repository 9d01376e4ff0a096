//! `--roles`: what does not run is not announced, and no listener waits for it.

use std::net::TcpListener;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::client::Client;
use crate::support::system::{System, command_at};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn without_the_gateway_nobody_listens_in_its_place() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    // Another program has the address, which is none of our business then.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = other.local_addr().unwrap().to_string();
    let system = System::of(command_at(&data, &theirs, &["--roles", "control-plane,provisioner"]), &data);
    assert_eq!(system.credentials["gatewayUrl"], Value::Null);
    let line = &system.ready_line;
    assert!(!line.contains(&theirs) && line.contains("API http://") && line.contains("(without gateway)"), "{line}");

    let client = Client::machine(&system).await;
    let (registration, _) = client.register("acme", "basic").await;
    client.until(&registration, "Created", PATIENCE).await;
    let config = client.admin(Method::GET, "/tenant-config/acme", None).await;
    assert!(config.body["userPoolId"].is_string() && config.body["apiGatewayUrl"].is_null(), "{}", config.body);
}

#[tokio::test]
async fn without_the_control_plane_people_sign_in_and_there_is_no_api() {
    let home = tempfile::tempdir().unwrap();
    let system = System::start(&home.path().join("data"), &["--roles", "provisioner,gateway"]);
    assert_eq!(system.credentials["apiUrl"], Value::Null);
    let line = &system.ready_line;
    assert!(line.contains("sign-in http://") && line.contains(&system.credential("/gatewayUrl")), "{line}");
    assert!(!line.contains("API") && line.contains("(without control-plane)"), "{line}");

    let issuer = system.credential("/issuer");
    let base = issuer.rsplit_once('/').unwrap().0;
    let http = reqwest::Client::new();
    for (path, status) in [("/readyz", 200), ("/tenants", 404), ("/catalogue", 404)] {
        assert_eq!(http.get(format!("{base}{path}")).send().await.unwrap().status(), status, "{path}");
    }
    let discovery = http.get(format!("{issuer}/.well-known/openid-configuration")).send().await.unwrap();
    assert_eq!(discovery.status(), 200);
    let health = http.get(format!("{}healthz", system.credential("/gatewayUrl"))).send().await.unwrap();
    assert_eq!(health.status(), 200);
}

/// An origin of the tenants' application is no place that an admin's sign-in goes to, and the other way round.
#[tokio::test]
async fn each_sign_in_goes_back_to_its_own_origin() {
    let home = tempfile::tempdir().unwrap();
    let (portal, application) = ("https://admin.example.com", "https://app.example.com");
    let origins = ["--portal-origin", portal, "--application-origin", application];
    let system = System::start(&home.path().join("data"), &origins);
    let client = Client::machine(&system).await;
    let (registration, _) = client.register("acme", "basic").await;
    client.until(&registration, "Created", PATIENCE).await;
    let config = client.admin(Method::GET, "/tenant-config/acme", None).await.body;

    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let begins = async |issuer: &str, client: &str, redirect: &str| {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let query = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        let url = url::Url::parse_with_params(&format!("{issuer}/oauth2/authorize"), query).unwrap();
        !http.get(url).send().await.unwrap().status().is_client_error()
    };
    let admins = (system.credential("/issuer"), system.credential("/userClientId"));
    let text = |name: &str| config[name].as_str().unwrap().to_owned();
    let tenants = (text("issuer"), text("appClientId"));
    assert!(begins(&admins.0, &admins.1, portal).await && !begins(&admins.0, &admins.1, application).await);
    assert!(begins(&tenants.0, &tenants.1, application).await && !begins(&tenants.0, &tenants.1, portal).await);

    let allowed = async |url: String, origin: &str| {
        let answer = http.get(url).header("origin", origin).send().await.unwrap();
        answer.headers().get("access-control-allow-origin").is_some_and(|allowed| allowed == origin)
    };
    let api = format!("{}/catalogue", client.api);
    let gateway = format!("{}/orders/health", client.gateway);
    assert!(allowed(api.clone(), portal).await && allowed(api, application).await);
    assert!(allowed(gateway.clone(), application).await && !allowed(gateway, portal).await);
}

#[tokio::test]
async fn a_group_grants_what_it_was_given() {
    let home = tempfile::tempdir().unwrap();
    let groups = ["--admin-groups", "Operators=tenant/tenant_read,user/user_read"];
    let sources = ["--control-plane-source", "acme.control"];
    let system = System::start(&home.path().join("data"), &[groups, sources].concat());
    let machine = Client::machine(&system).await;
    let admin = machine.first_admin(&system).await;
    let new = serde_json::json!({ "userName": "olga", "email": "olga@example.com", "userRole": "Operators" });
    let made = admin.admin(Method::POST, "/users", Some(&new)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let olga = machine.new_admin(&system, "olga", "olga@example.com").await;
    for (path, status) in [("/tenants", 200), ("/users", 200)] {
        assert_eq!(olga.admin(Method::GET, path, None).await.status, status, "{path}");
    }
    assert_eq!(olga.admin(Method::POST, "/users", Some(&new)).await.status, 403);
    // And whoever is the last that may do everything cannot lock everybody out: nobody deletes themselves, and nobody
    // with fewer rights deletes them.
    for (who, words) in [(&admin, "nobody deletes themselves"), (&olga, "")] {
        let last = who.admin(Method::DELETE, "/users/admin", None).await;
        assert_eq!(last.status, 403, "{}", last.body);
        assert!(last.body["message"].as_str().unwrap().contains(words), "{}", last.body);
    }

    let (registration, tenant) = machine.register("acme", "basic").await;
    machine.until(&registration, "Created", PATIENCE).await;
    let events = machine.admin(Method::GET, &format!("/events?tenantId={tenant}&limit=100"), None).await;
    let events = events.body["data"].as_array().unwrap().clone();
    let asked = events.iter().find(|event| event["detail-type"] == "sbt_aws_onboardingRequest").unwrap();
    assert_eq!(asked["source"], "acme.control");
}
