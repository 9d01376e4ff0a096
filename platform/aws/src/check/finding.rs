//! What a look comes to.

use std::fmt;

use serde::Serialize;

use crate::fault::{Fault, Kind};

/// One thing, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub what: String,
    pub state: State,
    /// What is wrong with it, and how to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    Fine,
    /// It works, and could be better.
    Advice,
    /// It could not be looked at.
    Unknown,
    Wrong,
    Missing,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Advice => "advice",
            Self::Unknown => "unknown",
            Self::Wrong => "wrong",
            Self::Missing => "missing",
        }
    }

    /// Whether the stage cannot work as it is.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Wrong | Self::Missing)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<8} {}", self.state.as_str(), self.what)?;
        self.why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// Where findings are told.
pub(super) struct Findings<'a> {
    tell: Box<dyn FnMut(Finding) + 'a>,
}

impl<'a> Findings<'a> {
    pub fn new(tell: impl FnMut(Finding) + 'a) -> Self {
        Self { tell: Box::new(tell) }
    }

    fn tell(&mut self, what: impl Into<String>, state: State, why: Option<String>) {
        (self.tell)(Finding { what: what.into(), state, why });
    }

    pub fn fine(&mut self, what: impl Into<String>) {
        self.tell(what, State::Fine, None);
    }

    pub fn advice(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.tell(what, State::Advice, Some(why.into()));
    }

    pub fn unknown(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.tell(what, State::Unknown, Some(why.into()));
    }

    pub fn wrong(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.tell(what, State::Wrong, Some(why.into()));
    }

    pub fn missing(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.tell(what, State::Missing, Some(mend.into()));
    }

    /// Fine, unless something differs.
    pub fn differs(&mut self, what: impl Into<String>, differences: &[String]) {
        if differences.is_empty() { self.fine(what) } else { self.wrong(what, differences.join("; ")) }
    }

    /// Of a thing that is not there, or that could not be asked for.
    pub fn fault(&mut self, what: impl Into<String>, fault: &Fault, mend: &str) {
        // EC2 and others have such a code for each kind of thing.
        let absent = fault.code.as_ref().is_some_and(|code| code.contains("NotFound") || code.ends_with("Malformed"));
        match fault.kind {
            _ if absent => self.missing(what, mend),
            Kind::Missing => self.missing(what, mend),
            Kind::Denied => self.unknown(what, format!("{fault}; allow {} to see it here", fault.call)),
            _ => self.unknown(what, fault.to_string()),
        }
    }
}
