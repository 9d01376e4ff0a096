//! One call, with whatever the plan has for it.

use std::future::Future;

use tenantry_ports::bus::BusError;
use tenantry_ports::runtime::RuntimeError;
use tenantry_ports::store::StoreError;

use super::plan::{Fault, Plan};

const ON_PURPOSE: &str = "a fault on purpose";

/// How a port's error says what happened.
pub(super) trait Faulty {
    /// Nothing was done.
    fn before() -> Self;
    /// It may have been done.
    fn after() -> Self;
    /// It will never be done.
    fn refused() -> Self;
}

macro_rules! faulty {
    ($($error:ty),*) => {$(
        impl Faulty for $error {
            fn before() -> Self {
                Self::unavailable(ON_PURPOSE, "before the call")
            }
            fn after() -> Self {
                Self::unknown(ON_PURPOSE, "after the call")
            }
            fn refused() -> Self {
                Self::broken(ON_PURPOSE, "instead of the call")
            }
        }
    )*};
}
faulty!(StoreError, BusError);

impl Faulty for RuntimeError {
    fn before() -> Self {
        Self::transient(ON_PURPOSE, "before the call")
    }
    fn after() -> Self {
        Self::transient(ON_PURPOSE, "after the call")
    }
    fn refused() -> Self {
        Self::permanent(ON_PURPOSE)
    }
}

impl Plan {
    /// Makes the call, with the fault the plan has for it, if any.
    pub(super) async fn around<T, E, F>(&self, name: String, call: impl Fn() -> F + Send + Sync) -> Result<T, E>
    where
        T: Send,
        E: Faulty + Send,
        F: Future<Output = Result<T, E>> + Send,
    {
        if self.has_crashed() {
            return self.die().await;
        }
        let fault = self.decide(name);
        self.with(fault, call).await
    }

    /// Receives, with the fault the plan has for it. Asking twice would give two batches, not one batch twice:
    /// instead this says whether what came is to come again.
    pub(super) async fn around_or_repeat<T, E, F>(
        &self,
        name: String,
        call: impl Fn() -> F + Send + Sync,
    ) -> Result<(T, bool), E>
    where
        T: Send,
        E: Faulty + Send,
        F: Future<Output = Result<T, E>> + Send,
    {
        if self.has_crashed() {
            return self.die().await;
        }
        let fault = self.decide(name);
        let repeat = fault == Some(Fault::Twice);
        let got = self.with(fault.filter(|_| !repeat), call).await?;
        Ok((got, repeat))
    }

    async fn with<T, E, F>(&self, fault: Option<Fault>, call: impl Fn() -> F + Send + Sync) -> Result<T, E>
    where
        T: Send,
        E: Faulty + Send,
        F: Future<Output = Result<T, E>> + Send,
    {
        let answer = match fault {
            None => call().await,
            Some(Fault::Before) => Err(E::before()),
            Some(Fault::Refuse) => Err(E::refused()),
            Some(Fault::After) => call().await.and_then(|_| Err(E::after())),
            Some(Fault::Delay(by)) => {
                tokio::time::sleep(by).await;
                call().await
            }
            Some(Fault::Twice) => {
                call().await?;
                call().await
            }
            Some(Fault::SuspendBefore) => {
                self.suspend().await;
                call().await
            }
            Some(Fault::SuspendAfter) => {
                let answer = call().await;
                self.suspend().await;
                answer
            }
            Some(Fault::CrashBefore) => self.die().await,
            Some(Fault::CrashAfter) => {
                // Whatever it answered, nobody is left to hear it.
                let _ = call().await;
                self.die().await
            }
        };
        // Another task may have died meanwhile, and this one with it.
        if self.has_crashed() { self.die().await } else { answer }
    }
}
