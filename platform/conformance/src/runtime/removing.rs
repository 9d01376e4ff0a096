use tenantry_ports::runtime::Condition;

use super::RuntimeSubject;
use super::drive::intended;

pub async fn what_is_removed_is_gone(s: RuntimeSubject) {
    let made = s.build_all().await;
    for (owner, entry) in made.entries.iter().rev() {
        s.removed(owner, entry).await;
        let key = (owner.clone(), entry.resource.id.to_string());
        assert!(!s.owned().await.contains_key(&key), "{} of {owner}", entry.resource.id);
    }
    assert!(s.owned().await.is_empty());
}

pub async fn what_is_gone_may_be_removed_again(s: RuntimeSubject) {
    let made = s.build_all().await;
    s.clear(&made).await;
    s.clear(&made).await;
    assert!(s.owned().await.is_empty());
}

pub async fn what_was_never_made_may_be_removed(s: RuntimeSubject) {
    for desired in s.all() {
        for resource in s.ordered(desired) {
            s.removed(&desired.owner, &intended(resource)).await;
        }
    }
    assert!(s.owned().await.is_empty());
}

pub async fn what_is_removed_can_be_made_again(s: RuntimeSubject) {
    let made = s.build_all().await;
    let before: Vec<_> = s.owned().await.into_keys().collect();
    s.clear(&made).await;
    let made = s.build_all().await;
    assert_eq!(s.owned().await.into_keys().collect::<Vec<_>>(), before);
    for (owner, entry) in &made.entries {
        assert_eq!(s.runtime.inspect(owner, entry).await.unwrap(), Condition::Sound, "{}", entry.resource.id);
    }
    s.clear(&made).await;
}

pub async fn what_is_lost_has_drifted_and_is_mended(s: RuntimeSubject) {
    let made = s.build_all().await;
    for (owner, entry) in made.entries.iter().filter(|(_, entry)| entry.resource.watched) {
        s.removed(owner, entry).await;
        let condition = s.runtime.inspect(owner, entry).await.unwrap();
        assert!(matches!(condition, Condition::Drifted(_)), "{} of {owner}", entry.resource.id);
        let outputs = s.ensured(&made, owner, &entry.resource, entry).await;
        let mended = super::drive::present(entry.resource.clone(), outputs);
        assert_eq!(s.runtime.inspect(owner, &mended).await.unwrap(), Condition::Sound);
    }
    s.clear(&made).await;
}

pub async fn removing_one_tenant_leaves_the_others(s: RuntimeSubject) {
    let made = s.build_all().await;
    let mut expected = s.owned().await;
    let leaving = &s.tenants[0].owner;
    for entry in made.of(leaving).rev() {
        s.removed(leaving, entry).await;
    }
    expected.retain(|(owner, _), _| owner != leaving);
    assert_eq!(s.owned().await, expected);
    for (owner, entry) in made.entries.iter().filter(|(owner, _)| owner != leaving) {
        let condition = s.runtime.inspect(owner, entry).await.unwrap();
        assert_eq!(condition, Condition::Sound, "{} of {owner}", entry.resource.id);
    }
    s.clear(&made).await;
}
