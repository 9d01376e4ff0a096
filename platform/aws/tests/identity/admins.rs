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
