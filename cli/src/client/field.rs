//! Members of the API's JSON as texts to show.

use serde_json::Value;

/// A member's text; nothing if it is not there. Members within members are named `a.b`.
pub fn text(value: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(value, |at, name| at.get(name));
    match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => plain(text),
        Some(other) => plain(&other.to_string()),
    }
}

/// What a client sent is shown as it is, but for what could command the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_what_is_none() {
        let value = json!({ "a": { "b": "x", "n": 3 }, "t": true, "z": null, "esc": "\u{1b}[2J" });
        let shown = ["a.b", "a.n", "t", "z", "no", "a.b.c", "esc"].map(|path| text(&value, path));
        assert_eq!(shown, ["x", "3", "true", "", "", "", "\u{fffd}[2J"]);
    }
}
