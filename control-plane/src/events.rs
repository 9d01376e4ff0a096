//! What happened: the event log, a page at a time and live.

mod filter;
pub(crate) mod list;
pub(crate) mod stream;
mod streams;
pub(crate) mod view;

pub(crate) use self::streams::Streams;
