//! Admins and their groups.

use tenantry_contract::name::Email;
use tenantry_ports::identity::{AdminChange, Admins as _, Made, NewAdmin};

use crate::faults::{for_good, world};
use crate::proxy::Fate;
use crate::world::World;

#[tokio::test]
async fn a_role_that_names_a_group_puts_the_admin_into_it_also_after_a_fault() {
    let (world, proxy) = world().await;
    let admin = |role: &str| NewAdmin {
        name: "ada".into(),
        email: Email::parse("ada@example.com").unwrap(),
        role: role.to_owned(),
    };
    for_good(&proxy, "AdminAddUserToGroup", Fate::Throttled);
    world.identity.create(admin("SystemAdmin")).await.unwrap_err();
    let made = world.identity.create(admin("SystemAdmin")).await.unwrap();
    assert!(matches!(made, Made::New(_)));
    assert_eq!(world.identity.create(admin("SystemAdmin")).await.unwrap(), Made::Taken);
    assert_eq!(groups(&world).await, ["SystemAdmin"]);
    // Somebody is left who may do everything.
    let bob = NewAdmin { name: "bob".into(), email: Email::parse("bob@example.com").unwrap(), ..admin("SystemAdmin") };
    assert!(matches!(world.identity.create(bob).await.unwrap(), Made::New(_)));
    let change = AdminChange { role: Some("SystemViewer".into()), email: None };
    assert!(world.identity.update("ada", change).await.unwrap());
    assert_eq!(groups(&world).await, ["SystemViewer"]);
}

async fn groups(world: &World) -> Vec<String> {
    let list =
        world.cognito.admin_list_groups_for_user().user_pool_id(world.pools.admins.as_ref().unwrap().id.as_str());
    let groups = list.username("ada").send().await.unwrap();
    groups.groups().iter().map(|group| group.group_name().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_admin_that_was_made_unanswered_is_this_requests_and_nobody_elses() {
    let (world, proxy) = world().await;
    // With a role that names a group, and with one that does not.
    for (name, role) in [("ada", "SystemAdmin"), ("bob", "Auditor")] {
        let admin = NewAdmin {
            name: name.into(),
            email: Email::parse(format!("{name}@example.com")).unwrap(),
            role: role.to_owned(),
        };
        proxy.next("AdminCreateUser", Fate::BrokenAfter);
        let made = world.identity.create(admin.clone()).await.unwrap();
        assert!(matches!(made, Made::New(_)), "{name}: {made:?}");
        assert_eq!(world.identity.create(admin.clone()).await.unwrap(), Made::Taken, "{name}");
        // Another one of that name is not what an unanswered try made.
        let other = NewAdmin { email: Email::parse("other@example.com").unwrap(), ..admin };
        proxy.next("AdminCreateUser", Fate::BrokenAfter);
        assert_eq!(world.identity.create(other).await.unwrap(), Made::Taken, "{name}");
    }
    assert_eq!(groups(&world).await, ["SystemAdmin"]);
}

#[tokio::test]
async fn an_admin_nobody_hears_of_is_not_left_behind() {
    let (world, proxy) = world().await;
    let admins = world.pools.admins.as_ref().unwrap().id.clone();
    let ada = NewAdmin {
        name: "ada".into(),
        email: Email::parse("ada@example.com").unwrap(),
        role: "SystemAdmin".to_owned(),
    };
    proxy.next("AdminCreateUser", Fate::Undelivered);
    let failed = world.identity.create(ada.clone()).await.unwrap_err();
    assert!(failed.to_string().contains("CodeDeliveryFailure"), "{failed}");
    let left = world.cognito.list_users().user_pool_id(admins.as_str()).send().await.unwrap();
    assert_eq!(left.users(), []);
    assert!(matches!(world.identity.create(ada).await.unwrap(), Made::New(_)));
}
