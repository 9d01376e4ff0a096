//! Whole flows, over a real listener.

mod access;
mod clock;
mod code_flow;
mod conformance;
mod isolation;
mod keys;
mod machine;
mod mail;
mod page;
mod password_flow;
mod support;
