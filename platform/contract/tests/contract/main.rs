//! The contract, held against the recorded vectors, the table of transitions, random lives and its own schemas.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
mod amending;
mod make;
mod random;
mod salvaging;
mod schemas;
mod table;
mod vectors;
