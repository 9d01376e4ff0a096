//! The consumer of application planes' reports: each ends an operation, or changes nothing.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tenantry_contract::event::{Event, Report, Sources};
use tenantry_contract::lifecycle::Ignored;
use tenantry_contract::record::TenantRecord;
use tenantry_ports::bus::{Consumer, Delivery, Inbox, Receipt};
use tenantry_ports::error::Retry;
use tenantry_ports::store::ApplyOutcome;
use tenantry_web::problem::chain;
use tokio_util::sync::CancellationToken;

use crate::edge::attributes::settle_config;
use crate::meters::{self, Dropped};
use crate::state::ControlPlane;

/// Enough to fill a store's grouped commit.
const BATCH: usize = 256;

/// How long one look at the inbox waits.
const WAIT: Duration = Duration::from_secs(20);

/// Longer than a batch takes; after it, another process may try.
const HIDE: Duration = Duration::from_secs(30);

/// After a failure that says nothing better.
const PAUSE: Duration = Duration::from_secs(5);

/// Takes reports until it is stopped; a batch that was begun is finished.
pub async fn run_reports(cp: ControlPlane, stop: CancellationToken) {
    let inbox = cp.bus.inbox(Consumer::ControlPlane);
    loop {
        let received = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            received = inbox.receive(BATCH, WAIT, HIDE) => received,
        };
        match received {
            Ok(batch) => take(&cp, &inbox, batch).await,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "no reports can be received; asking again");
                let pause = pause(error.retryable());
                tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause) => {} }
            }
        }
    }
}

fn pause(retry: Retry) -> Duration {
    match retry {
        Retry::After(pause) => pause,
        Retry::Never => PAUSE,
    }
}

/// No message waits longer for its next turn.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// What is to become of a delivery.
enum Fate {
    Done(Receipt),
    Later(Receipt, Duration),
    Never(Receipt, String),
}

#[tracing::instrument(level = "debug", name = "control_plane.report.take", skip_all, fields(batch = batch.len()))]
async fn take(cp: &ControlPlane, inbox: &Arc<dyn Inbox>, batch: Vec<Delivery>) {
    if batch.is_empty() {
        return;
    }
    // All at once: a store commits together what comes together.
    let fates = join_all(batch.into_iter().map(|delivery| handle(cp, delivery))).await;
    let mut done = Vec::with_capacity(fates.len());
    for fate in fates {
        let settled = match fate {
            Fate::Done(receipt) => {
                done.push(receipt);
                Ok(())
            }
            Fate::Later(receipt, after) => inbox.retry_after(receipt, after).await,
            Fate::Never(receipt, reason) => inbox.reject(receipt, &reason).await,
        };
        if let Err(error) = settled {
            // It comes again when it is no longer hidden.
            tracing::warn!(error = %chain(&error), "a report could not be put aside");
        }
    }
    if done.is_empty() {
        return;
    }
    if let Err(error) = inbox.ack(done).await {
        // They come again, and then change nothing.
        tracing::warn!(error = %chain(&error), "reports could not be acknowledged");
    }
}

async fn handle(cp: &ControlPlane, delivery: Delivery) -> Fate {
    let Delivery { receipt, body, receives } = delivery;
    let report = match read(&body, &cp.settings.sources) {
        Ok(Some(report)) => report,
        Ok(None) => return Fate::Done(receipt),
        Err((why, reason)) => return drop_it(receipt, why, reason),
    };
    let registration = report.registration_id.clone();
    match cp.store.apply(report).await {
        Ok(ApplyOutcome::Applied { record, dropped }) => {
            note(&record, &dropped);
            Fate::Done(receipt)
        }
        Ok(ApplyOutcome::Ignored(why)) => {
            drop_it(receipt, Dropped::Ignored(why), format!("the report on registration {registration}: {why}"))
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), %registration, "a report could not be taken; it comes again");
            meters::report(meters::Report::Postponed, 1);
            Fate::Later(receipt, patience(pause(error.retryable()), receives))
        }
    }
}

/// Doubles with each delivery: a message is given up on after some, and a store may be away for minutes.
fn patience(first: Duration, receives: u32) -> Duration {
    first.saturating_mul(1 << receives.saturating_sub(1).min(16)).min(LONGEST)
}

/// The report in a message; none in an event that is not meant for us. An error says why it is dropped, and in words.
fn read(body: &[u8], sources: &Sources) -> Result<Option<Report>, (Dropped, String)> {
    let malformed = |fault: String| (Dropped::Malformed, fault);
    let event = Event::parse(body).map_err(|fault| malformed(fault.to_string()))?;
    let Event { source, detail_type, .. } = &event;
    if *source != sources.application_plane {
        let wanted = &sources.application_plane;
        return Err((Dropped::ForeignSource, format!("{detail_type:?} comes from {source:?} and not from {wanted:?}")));
    }
    if event.name().is_none() {
        let known = Consumer::ControlPlane.names().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let words = format!("the detail-type {detail_type:?} is not known; reports are {known}");
        return Err((Dropped::UnknownDetailType, words));
    }
    let report = Report::from_event(&event).map_err(|fault| malformed(fault.to_string()))?;
    Ok(report.map(|mut report| {
        settle_config(&mut report.tenant_data.0);
        report
    }))
}

/// Leaves a line, a count, and a dead letter where somebody may have meant it.
fn drop_it(receipt: Receipt, why: Dropped, words: String) -> Fate {
    meters::dropped(why);
    let reason = why.as_str();
    let keep = match why {
        Dropped::UnknownDetailType | Dropped::Malformed => true,
        Dropped::Ignored(ignored) => matches!(ignored, Ignored::Unknown | Ignored::OtherKind),
        Dropped::ForeignSource => false,
    };
    if keep {
        tracing::warn!(reason, "a report ends nothing and goes to the dead letters: {words}");
        meters::report(meters::Report::Rejected, 1);
        return Fate::Never(receipt, words);
    }
    if why == Dropped::Ignored(Ignored::Repeated) {
        // A bus brings things twice.
        tracing::debug!(reason, "a report ends nothing: {words}");
    } else {
        tracing::warn!(reason, "a report ends nothing: {words}");
    }
    meters::report(meters::Report::Ignored, 1);
    Fate::Done(receipt)
}

fn note(record: &TenantRecord, dropped: &[String]) {
    meters::report(meters::Report::Applied, 1);
    if let Some(operation) = &record.operation {
        meters::ended(operation);
    }
    if !dropped.is_empty() {
        // Names alone: what they were to become is the tenant's affair.
        tracing::warn!(tenant = %record.tenant_id, ?dropped, "a report tried to change what is not its own");
    }
}

#[cfg(test)]
mod tests {
    use tenantry_ports::bus::MAX_RECEIVES;
    use tenantry_ports::store::StoreError;

    use super::*;

    #[test]
    fn a_report_outlasts_a_store_that_is_away_for_a_minute() {
        let error = StoreError::unavailable("no answer", "why");
        let first = pause(error.retryable());
        let waited: Duration = (1..MAX_RECEIVES).map(|receives| patience(first, receives)).sum();
        assert!(waited > Duration::from_secs(60), "{waited:?}");
        assert_eq!(patience(PAUSE, u32::MAX), LONGEST);
    }
}
