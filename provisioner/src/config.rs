//! The engine's numbers.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// How long a claim lasts unless renewed.
    pub lease: Duration,
    /// A runtime call begins only with this much of the lease left. The fence cannot stop such a call.
    pub spare: Duration,
    /// A call of the runtime, or a pass's write, that takes longer counts as failed; it is tried again.
    pub call_limit: Duration,
    /// Owners worked on at once.
    pub owners_at_once: usize,
    /// Owners taken by one claim.
    pub claim_batch: usize,
    /// Steps of one owner at once.
    pub steps_at_once: usize,
    /// How often to ask the store for owners that others rang for.
    pub poll: Duration,
    /// While steps are under way, what is done is recorded this often. With it a newer desired state is noticed; with
    /// nothing to record, when the next step begins or the claim is renewed, as asking would cost a write, too.
    pub flush: Duration,
    /// After a report, look whether it ended the operation.
    pub recheck: Duration,
    /// How often a thing that can drift is looked at.
    pub drift: Duration,
    /// How often to look for orphans: things that no inventory names.
    pub sweep: Duration,
    /// How long an orphan that holds no data is left in place before it is removed.
    pub orphan_grace: Duration,
    /// How often to ask for the removals of orphans that operators requested.
    pub removal_poll: Duration,
    /// The first and the longest pause after a transient error.
    pub retry_first: Duration,
    pub retry_most: Duration,
    /// How long what is known of the stage counts as fresh.
    pub stage_fresh: Duration,
    /// How long a tenant waits for the stage before it looks again.
    pub stage_wait: Duration,
    /// Messages taken from the doorbell at once, and how long they stay hidden from others.
    pub doorbell_batch: usize,
    pub doorbell_hide: Duration,
    /// The runtime forgets when the machine restarts: look at everything watched at start.
    pub forgetful_runtime: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            // Short: where several processes work, what a killed one had in hand waits until its lease has passed.
            lease: Duration::from_secs(10),
            spare: Duration::from_secs(6),
            call_limit: Duration::from_secs(5),
            owners_at_once: 128,
            claim_batch: 64,
            steps_at_once: 8,
            poll: Duration::from_secs(1),
            flush: Duration::from_millis(100),
            recheck: Duration::from_secs(60),
            drift: Duration::from_secs(300),
            sweep: Duration::from_secs(600),
            orphan_grace: Duration::from_secs(3_600),
            removal_poll: Duration::from_secs(5),
            retry_first: Duration::from_millis(250),
            retry_most: Duration::from_secs(30),
            stage_fresh: Duration::from_secs(1),
            stage_wait: Duration::from_millis(250),
            doorbell_batch: 256,
            doorbell_hide: Duration::from_secs(30),
            forgetful_runtime: true,
        }
    }
}
