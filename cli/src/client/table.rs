//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use super::field;

/// A column's head and the member it shows.
pub type Column = (&'static str, &'static str);

/// Rows under heads; the last column takes what room is left.
pub fn rows(columns: &[Column], items: &[Value]) -> String {
    let mut table = bare();
    table.set_header(columns.iter().map(|(head, _)| *head));
    for item in items {
        table.add_row(columns.iter().map(|(_, path)| field::text(item, path)));
    }
    table.trim_fmt()
}

/// One thing, a member a line.
pub fn members(thing: &Map<String, Value>) -> String {
    let mut table = bare();
    for (name, value) in thing {
        let shown = match value {
            Value::String(text) => field::plain(text),
            other => field::plain(&other.to_string()),
        };
        table.add_row([field::plain(name), shown]);
    }
    table.trim_fmt()
}

fn bare() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}
