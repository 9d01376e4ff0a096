//! A user who changes her e-mail by herself, and one who is made with it later.

use aws_sdk_cognitoidentityprovider::types::AttributeType;
use tenantry_contract::name::Email;
use tenantry_ports::identity::{Made, NewTenantUser, TenantUsers as _};

use crate::support::emulator::Emulator;
use crate::world::{tenant, world};

fn new(name: &str, email: &str, role: &str) -> NewTenantUser {
    NewTenantUser {
        name: name.to_owned(),
        email: Email::parse(email).unwrap(),
        role: role.to_owned(),
        tenant_name: "acme".into(),
        tenant_tier: "basic".into(),
    }
}

#[tokio::test]
async fn who_took_an_address_does_not_become_the_admin_made_with_it() {
    let world = world(&Emulator::ministack()).await;
    let t = tenant("t-1");
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    for signed_in in [false, true] {
        let (name, boss) = (format!("eve-{signed_in}"), format!("boss-{signed_in}"));
        let (email, wanted) = (format!("{name}@example.com"), format!("{boss}@example.com"));
        let made = world.identity.create(&t, new(&name, &email, "TenantUser")).await.unwrap();
        assert!(matches!(made, Made::New(_)));
        if signed_in {
            let password = world.cognito.admin_set_user_password().user_pool_id(shared.as_str()).username(&email);
            password.password("Correct-horse-9").permanent(true).send().await.unwrap();
        }
        // As Cognito's own UpdateUserAttributes would, once the address is verified.
        let says = [("email", wanted.as_str()), ("email_verified", "true")];
        let says = says.map(|(name, value)| AttributeType::builder().name(name).value(value).build().unwrap());
        let change = world.cognito.admin_update_user_attributes().user_pool_id(shared.as_str()).username(&email);
        change.set_user_attributes(Some(says.to_vec())).send().await.unwrap();
        for _ in 0..2 {
            let made = world.identity.create(&t, new(&boss, &wanted, "TenantAdmin")).await.unwrap();
            assert_eq!(made, Made::Taken);
        }
        assert_eq!(world.identity.get(&t, &boss).await.unwrap(), None);
        let eve = world.cognito.admin_get_user().user_pool_id(shared.as_str()).username(&wanted).send().await.unwrap();
        let role = eve.user_attributes().iter().find(|attribute| attribute.name() == "custom:userRole").unwrap();
        assert_eq!(role.value(), Some("TenantUser"));
    }
    let users = world.cognito.list_users().user_pool_id(shared.as_str()).send().await.unwrap();
    assert_eq!(users.users().len(), 2);
}
