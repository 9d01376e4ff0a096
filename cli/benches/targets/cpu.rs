//! The processor time that processes took. On a machine that others use, too, it says more than a rate.

use std::time::Duration;

/// Of processes so far, as the scheduler counts it for their threads.
pub fn of(pids: &[u32]) -> Duration {
    let threads = pids.iter().flat_map(|pid| std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten());
    let nanos = threads.filter_map(Result::ok).filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// For each of so many, in microseconds.
pub fn each(before: Duration, after: Duration, count: usize) -> f64 {
    let count = u32::try_from(count).map_or(f64::INFINITY, f64::from);
    after.saturating_sub(before).as_secs_f64() * 1e6 / count
}
