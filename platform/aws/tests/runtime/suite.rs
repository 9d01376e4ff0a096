//! The suite every runtime must pass.

use tenantry_conformance::runtime::RuntimeSubject;
use tenantry_contract::catalogue::Placement;

use crate::support::emulator::Emulator;
use crate::world::{World, desired, stage};

async fn subject(emulator: Emulator) -> RuntimeSubject {
    let world = World::at(&emulator).await;
    RuntimeSubject {
        runtime: world.runtime.clone(),
        stage: stage(),
        tenants: vec![
            desired("premium_1", Placement::DedicatedCluster),
            desired("advanced-2", Placement::DedicatedServices),
            desired("basic-3", Placement::Pooled),
        ],
        keep: Box::new(world),
    }
}

mod on_ministack {
    use super::*;

    async fn ministack() -> RuntimeSubject {
        subject(Emulator::ministack()).await
    }

    tenantry_conformance::runtime_suite!(threads: ministack);
}

/// A service never gets ready in moto, which runs no tasks: of the suite only what makes none can pass there.
mod on_moto {
    use super::*;

    macro_rules! cases {
        ($($case:ident),+ $(,)?) => {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
            async fn $case() {
                tenantry_conformance::runtime::$case(subject(Emulator::moto()).await).await;
            }
        )+};
    }

    cases!(lowering_is_pure, needs_can_be_met, what_was_never_made_may_be_removed);
}
