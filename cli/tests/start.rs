//! Starting, stopping, and starting again: what is refused is refused in words, and nothing is lost.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "start/help.rs"]
mod help;
#[path = "start/oidc_signer.rs"]
mod oidc_signer;
#[path = "start/parts.rs"]
mod parts;
#[path = "start/placement.rs"]
mod placement;
#[path = "start/public.rs"]
mod public;
#[path = "start/refusals.rs"]
mod refusals;
#[path = "start/stopping.rs"]
mod stopping;
