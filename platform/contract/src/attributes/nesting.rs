//! The bound of nesting. Readers of JSON stop at 128 levels, and a record, an event and an answer each wrap a member in
//! a few more than it came in.

use serde_json::Value;

/// An attribute may hold so many arrays and objects, one in the other.
pub const MAX_LEVELS: usize = 64;

/// The rule that a deeper one breaks, as words after its name.
pub const TOO_DEEP: &str = "must not nest deeper than 64 levels";

/// Whether a value nests deeper than [`MAX_LEVELS`].
pub fn is_too_deep(value: &Value) -> bool {
    deeper(value, MAX_LEVELS)
}

fn deeper(value: &Value, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| deeper(item, left)),
        Value::Object(members) => members.values().any(|member| deeper(member, left)),
        _ => false,
    }
}
