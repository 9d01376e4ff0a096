//! A panic in a task, such as a pass of the engine, ends that task and is logged; here it fails the test. On a paused
//! clock all tasks are on the test's own thread.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static SEEN: Cell<usize> = const { Cell::new(0) };
}

pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            SEEN.with(|seen| seen.set(seen.get() + 1));
            usual(info);
        }));
    });
}

pub fn assert_none() {
    assert_eq!(SEEN.take(), 0, "a task panicked");
}

#[tokio::test(start_paused = true)]
async fn a_tasks_panic_is_seen() {
    watch();
    assert!(tokio::spawn(async { panic!("on purpose") }).await.is_err());
    assert_eq!(SEEN.take(), 1);
}
