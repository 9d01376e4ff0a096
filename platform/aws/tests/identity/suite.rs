//! The suite every identity provider passes.

use std::sync::Arc;

use tenantry_conformance::identity::IdentitySubject;

use crate::support::emulator::Emulator;
use crate::support::proxy::Proxy;
use crate::world::{tenant, world_at};

/// Calls of several at once come to an emulator one after the other: it does not keep two of one name apart itself.
async fn subject(emulator: Emulator) -> IdentitySubject {
    let proxy = Proxy::one_at_a_time(&emulator.url).await;
    let world = world_at(&emulator, &emulator.config_at(&proxy.url).await).await;
    let dedicated = tenant("t-own");
    let (own, _) = world.identity.ensure_pool(&dedicated, "premium", None).await.unwrap();
    let shared = world.pools.pooled.as_ref().unwrap().id.clone();
    let urls = [&world.pools.admins.as_ref().unwrap().id, &shared, &own].map(|pool| world.identity.issuer_url(pool));
    let identity = Arc::new(world.identity.clone());
    IdentitySubject {
        admins: identity.clone(),
        users: identity.clone(),
        issuers: identity,
        pooled: [tenant("t-1"), tenant("t-2")],
        dedicated,
        urls,
        keep: Box::new(proxy),
    }
}

mod on_ministack {
    async fn subject() -> super::IdentitySubject {
        super::subject(super::Emulator::ministack()).await
    }

    tenantry_conformance::identity_suite!(threads: subject);
}

/// All cases but one, as moto signs every pool's tokens with the same key.
mod on_moto {
    use std::collections::BTreeSet;

    use super::{Emulator, IdentitySubject};

    async fn subject() -> IdentitySubject {
        super::subject(Emulator::moto()).await
    }

    macro_rules! cases {
        ($($case:ident),* $(,)?) => { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
            async fn $case() {
                tenantry_conformance::identity::$case(subject().await).await;
            }
        )* };
    }

    cases! {
        an_admin_is_made_once,
        of_many_that_make_one_admin_one_does,
        an_admin_changes,
        an_admin_is_disabled_and_enabled,
        a_deleted_admin_is_gone,
        every_admin_is_listed_once,
        a_user_is_made_once_in_a_tenant,
        tenants_have_users_of_the_same_name,
        a_user_changes,
        a_deleted_user_is_gone,
        tenants_do_not_reach_each_others_users,
        every_user_of_a_tenant_is_listed_once,
        an_issuer_speaks_for_its_own,
        no_other_issuer_is_known,
        an_issuers_keys_are_public,
    }

    /// In place of `issuers_share_no_key`: when moto mends this, the case is to be run on it.
    #[tokio::test]
    async fn moto_has_one_key_for_all_pools() {
        let s = subject().await;
        let mut sets = BTreeSet::new();
        for url in &s.urls {
            let issuer = s.issuers.issuer(url).await.unwrap().unwrap();
            sets.insert(s.issuers.keys(&issuer).await.unwrap());
        }
        assert_eq!(sets.len(), 1);
    }
}
