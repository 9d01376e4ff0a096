//! What cannot be adopted stays as it is, is named, and is in nobody's way.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::deployment::Deployment;
use crate::support::emulator::Emulator;

#[tokio::test]
async fn what_is_unfit_is_named_with_what_to_do() {
    let deployment = Deployment::new(Emulator::ministack()).await;
    let none = || json!({});
    deployment.has(0, none(), none()).await;
    for (n, tenant, registration, why) in [
        (1, json!({ "tenantName": "Acme & Sons" }), none(), "tenantName \"Acme & Sons\" must be 1 to 40"),
        (2, json!({ "email": null }), none(), "has no email"),
        (3, json!({ "email": "nobody" }), none(), "email must be an e-mail address"),
        (4, json!({ "tier": "gold" }), none(), "tier \"gold\" is not in the catalogue"),
        (5, none(), json!({ "registrationStatus": "provisioned" }), "is none of In progress, Created"),
        (6, none(), json!({ "tenantId": "ten-0" }), "is of another tenant"),
        (7, json!({ "sbtaws_active": "yes" }), none(), "sbtaws_active is neither"),
        (8, json!({ "notes": "x".repeat(100_000) }), none(), "larger than"),
    ] {
        deployment.has(n, tenant, registration).await;
        let heard = deployment.adopt(true).await;
        let told = &heard.unfit[&format!("tenant ten-{n}")];
        assert!(told.contains(why), "{told}");
    }
    deployment.has(9, none(), none()).await;
    deployment.remove_registration(9).await;
    deployment.has(10, json!({ "tenantId": "left-over" }), none()).await;
    let delete = deployment.client().delete_item().table_name(&deployment.database().tables().tenants);
    delete.key("tenantId", AttributeValue::S("left-over".into())).send().await.unwrap();
    deployment.has(11, none(), none()).await;
    let update = deployment.client().update_item().table_name(&deployment.database().tables().tenants);
    let update = update.key("tenantId", AttributeValue::S("ten-11".into())).update_expression("SET photo = :photo");
    update.expression_attribute_values(":photo", AttributeValue::B(Blob::new([1]))).send().await.unwrap();

    let before = deployment.everything().await;
    let heard = deployment.adopt(false).await;
    assert_eq!(heard.adopted.keys().collect::<Vec<_>>(), ["ten-0"]);
    assert_eq!(heard.unfit.len(), 11, "{heard:?}");
    assert!(heard.unfit["tenant ten-9"].contains("no registration"));
    assert!(heard.unfit["registration reg-10"].contains("remove the registration"));
    assert!(heard.unfit["tenant ten-11"].contains("photo has bytes"));
    let after = deployment.everything().await;
    let left = |item: &&String| !item.contains("\"ten-0\"") && !item.contains("acme-0");
    assert!(before.iter().filter(left).all(|item| after.contains(item)), "what is unfit stays as it was");
}

#[tokio::test]
async fn a_name_is_one_tenants() {
    let deployment = Deployment::new(Emulator::ministack()).await;
    for n in 1..=3 {
        deployment.has(n, json!({ "tenantName": "acme" }), json!({})).await;
    }
    for dry_run in [true, false] {
        let heard = deployment.adopt(dry_run).await;
        assert_eq!((heard.adopted.len(), heard.unfit.len()), (1, 2), "{heard:?}");
        let winner = heard.adopted.keys().next().unwrap();
        assert!(heard.unfit.values().all(|why| why.contains(&format!("its name acme is the tenant {winner}'s"))));
    }
    // Next time it is a claim that is there already.
    let again = deployment.adopt(false).await;
    assert_eq!((again.adopted.len(), again.ours, again.unfit.len()), (0, 1, 2), "{again:?}");
}
