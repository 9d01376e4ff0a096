//! An operation's steps as lines, each when it changes.

use std::collections::HashMap;

use super::field::plain;
use super::operation::{Operation, Step, took};

/// What has been shown so far.
#[derive(Default)]
pub struct Progress {
    status: String,
    steps: HashMap<(String, String), (String, Option<String>)>,
}

impl Progress {
    /// Lines for what is new since the last look.
    pub fn news(&mut self, operation: &Operation) -> Vec<String> {
        let mut lines = Vec::new();
        if self.status != operation.status && !operation.ended() {
            self.status.clone_from(&operation.status);
            lines.extend(self.turn(operation));
        }
        for step in &operation.steps {
            let now = (step.state.clone(), step.note.clone());
            let before = self.steps.insert((step.action.clone(), step.name.clone()), now.clone());
            if before.as_ref() != Some(&now) {
                lines.push(line(step));
            }
        }
        lines
    }

    fn turn(&self, operation: &Operation) -> Option<String> {
        match self.status.as_str() {
            "waiting" => Some("waiting to be taken up".to_owned()),
            "cleaningUp" => {
                let why = operation.failure.as_ref().map(|failure| plain(&failure.reason)).unwrap_or_default();
                Some(format!("failed, cleaning up: {why}"))
            }
            _ => None,
        }
    }
}

fn line(step: &Step) -> String {
    let mark = match step.state.as_str() {
        "done" => "✓",
        "failed" => "✗",
        "retrying" => "↻",
        _ => "…",
    };
    let took = step.ended_at.as_deref().and_then(|end| took(&step.started_at, end));
    let end = took.map(|took| format!("  {took}")).unwrap_or_default();
    let note = step.note.as_deref().map(|note| format!("  ({})", plain(note))).unwrap_or_default();
    format!("  {mark} {:<6}  {}{end}{note}", step.action, plain(&step.name))
}
