//! What the catalogue says of pooled tiers is made, mended and removed by the provisioner, and by no stack.

use std::collections::BTreeSet;
use std::time::Duration;

use tenantry_aws::runtime::names;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::resource::Owner;

use crate::inventory::everything;
use crate::role::{Role, command};
use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::eventually;

const PATIENCE: Duration = Duration::from_secs(120);

fn provisioner(stage: &Stage) -> Role {
    let mut provisioner = command(stage, "provisioner");
    provisioner.env("TENANTRY_DRIFT_SECONDS", "5").env("TENANTRY_SWEEP_SECONDS", "5");
    Role::spawn(provisioner)
}

/// What the stage has of its own, by the names in AWS's lists.
fn of_stage(name: &str, services: &[&str]) -> BTreeSet<String> {
    let each =
        services.iter().flat_map(|service| [format!("service {name}/{service}"), format!("discovery {service}")]);
    let common = [
        format!("role /tenantry/{name}/{name}.pooled"),
        format!("role /tenantry/{name}/{name}.rows"),
        format!("group {name}.pooled"),
        format!("log group /tenantry/{name}/pooled"),
        format!("table {name}-orders.orders"),
        format!("table {name}-products.products"),
    ];
    each.chain(common).collect()
}

/// What is new, apart from users and from task definitions, of which there are several revisions.
async fn made(stage: &Stage, empty: &BTreeSet<String>) -> BTreeSet<String> {
    let others = |line: &&String| !line.starts_with("user ") && !line.starts_with("task definition ");
    everything(&stage.sdk).await.difference(empty).filter(others).cloned().collect()
}

async fn until_made(what: &str, stage: &Stage, empty: &BTreeSet<String>, expected: &BTreeSet<String>) {
    crate::inventory::until(what, PATIENCE, || made(stage, empty), expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogues_pooled_services_come_are_mended_and_go() {
    let stage = Stage::new().await;
    let control_plane = Role::start(&stage, "control-plane");
    let empty = everything(&stage.sdk).await;
    let first = provisioner(&stage);
    let client = Client::at(&control_plane.url, "", &stage.admin("ada").await);
    let (registration, _) = client.register("acme", "basic").await;
    client.until(&registration, "Created", PATIENCE).await;
    let whole = of_stage(&stage.name, &["orders", "products", "users"]);
    until_made("the stage to be whole", &stage, &empty, &whole).await;

    let (ecs, iam) = (aws_sdk_ecs::Client::new(&stage.sdk), aws_sdk_iam::Client::new(&stage.sdk));
    let role = names::role(&stage.name, &Owner::Stage);
    let policy = || async {
        let policy = iam.get_role_policy().role_name(&role).policy_name("tenant").send().await.unwrap();
        policy.policy_document().to_owned()
    };
    let before = policy().await;
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    iam.put_role_policy().role_name(&role).policy_name("tenant").policy_document(all).send().await.unwrap();
    ecs.delete_service().cluster(&stage.name).service("orders").force(true).send().await.unwrap();
    eventually("the policy to be as it was", PATIENCE, || async { (policy().await == before).then_some(()) }).await;
    until_made("the service to be made again", &stage, &empty, &whole).await;
    assert!(first.terminate().success());

    // A service that the catalogue no longer has goes, and the tenants' data stays.
    let text = Catalogue::DEFAULT;
    let (start, end) = (text.find("[[services]]\nname = \"products\"").unwrap(), text.rfind("[[services]]").unwrap());
    let stage = stage.with_catalogue(&format!("{}{}", &text[..start], &text[end..]));
    let second = provisioner(&stage);
    let less = of_stage(&stage.name, &["orders", "users"]);
    until_made("the service to go and its table to stay", &stage, &empty, &less).await;
    let kept = "the catalogue no longer has these things";
    assert!(second.log().lines().any(|line| line.contains(kept) && line.contains("table/products.products")));
    let said = command(&stage, "aws").arg("check").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    let advice = format!("advice   shared table {}-products.products: the catalogue has no such table", stage.name);
    assert!(said.contains(&advice), "{said}");
    assert!(!said.contains("pooled service products") && said.contains("ok       pooled service users"), "{said}");
    assert!(second.terminate().success());
}
