//! Parts that last as long as their process: a process without one of them only seems to live, so it ends, and whoever
//! watches over it starts it again.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use futures::FutureExt;
use tenantry_web::Lifecycle;

use crate::signals::Stop;

/// The part, whose end before anybody asked for one, by a panic too, is the failure of the process.
pub async fn lasting(name: &'static str, part: impl Future<Output = ()>, lifecycle: Lifecycle) {
    let ended = AssertUnwindSafe(part).catch_unwind().await;
    let asked = lifecycle.token().is_cancelled();
    match ended {
        Ok(()) if asked => return,
        Ok(()) => tracing::error!(part = name, "a part ended that was to go on; the process ends"),
        Err(panic) => tracing::error!(part = name, panic = words(panic.as_ref()), "a part panicked; the process ends"),
    }
    lifecycle.fail();
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it said nothing")
}

/// Waits until the process is to end.
pub async fn end(stop: &mut Stop, lifecycle: &Lifecycle) {
    let failed = lifecycle.failed();
    tokio::select! {
        () = stop.requested() => {}
        () = failed.cancelled() => {}
    }
    tracing::info!("stopping: requests and steps in flight finish first");
}

/// How the process ends, once all its parts have.
pub fn outcome(lifecycle: &Lifecycle) -> ExitCode {
    if lifecycle.failed().is_cancelled() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_part_that_ends_or_panics_by_itself_fails_the_process() {
        let returns: Box<dyn Fn()> = Box::new(|| {});
        let panics: Box<dyn Fn()> = Box::new(|| panic!("on purpose"));
        for (what, end) in [("returns", returns), ("panics", panics)] {
            let lifecycle = Lifecycle::new(Duration::from_secs(1));
            let mut stop = Stop::listen().unwrap();
            lasting(what, async { end() }, lifecycle.clone()).await;
            tokio::time::timeout(Duration::from_secs(1), super::end(&mut stop, &lifecycle)).await.expect(what);
            assert_eq!(outcome(&lifecycle), ExitCode::FAILURE, "{what}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_ends_when_it_is_asked_to_does_not() {
        let lifecycle = Lifecycle::new(Duration::from_secs(1));
        let token = lifecycle.token();
        lifecycle.tracker().spawn(lasting("asked", async move { token.cancelled().await }, lifecycle.clone()));
        let mut stop = Stop::listen().unwrap();
        let goes_on = tokio::time::timeout(Duration::from_secs(60), end(&mut stop, &lifecycle)).await;
        assert!(goes_on.is_err(), "nothing has asked it to end");
        lifecycle.shutdown().await;
        assert_eq!(outcome(&lifecycle), ExitCode::SUCCESS);
    }
}
