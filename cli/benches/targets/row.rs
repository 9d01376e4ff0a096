//! The table: target, what was measured, its peer in the same run, and whether it was met.

use comfy_table::{Table, presets::ASCII_MARKDOWN};

pub struct Row {
    what: String,
    target: String,
    measured: String,
    peer: String,
    /// None when nothing was promised of it.
    met: Option<bool>,
}

impl Row {
    pub fn new(what: impl Into<String>, target: impl Into<String>, measured: impl Into<String>) -> Self {
        let (what, target, measured) = (what.into(), target.into(), measured.into());
        Self { what, target, measured, peer: "–".into(), met: None }
    }

    pub fn beside(mut self, peer: impl Into<String>) -> Self {
        self.peer = peer.into();
        self
    }

    pub fn met(mut self, met: bool) -> Self {
        self.met = Some(met);
        self
    }

    pub fn unmeasured(what: &str, error: &anyhow::Error) -> Self {
        Self::new(what, "", format!("not measured: {error:#}")).met(false)
    }
}

pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["what", "target", "measured", "peer, same run", "met"]);
    for row in rows {
        let met = row.met.map_or("–", |met| if met { "met" } else { "NOT met" });
        table.add_row([&row.what, &row.target, &row.measured, &row.peer, met]);
    }
    println!("{table}");
}
