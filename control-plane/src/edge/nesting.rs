//! The name of the member that nests too deep for the reader.

/// A body has at most two levels of names that are ours to speak of, such as `tenantData.note`.
const NAMED: usize = 2;

/// The path of the innermost value, by names of its first levels; `body` if it has none.
pub(crate) fn deepest_member(json: &[u8]) -> String {
    let (mut path, mut deepest, mut named): (Vec<Option<String>>, usize, String) = (Vec::new(), 0, "body".into());
    let (mut at, mut text) = (0, None);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                let end = end_of_text(json, at + 1);
                text = json.get(at + 1..end).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                at = end;
            }
            b':' => {
                if let Some(last) = path.last_mut() {
                    *last = text.take();
                }
            }
            b'{' | b'[' => {
                path.push(None);
                if path.len() > deepest {
                    deepest = path.len();
                    named = name(&path);
                }
            }
            b'}' | b']' => drop(path.pop()),
            _ => {}
        }
        at += 1;
    }
    named
}

fn name(path: &[Option<String>]) -> String {
    let names: Vec<&str> = path.iter().map_while(Option::as_deref).take(NAMED).collect();
    if names.is_empty() { "body".into() } else { names.join(".") }
}

/// Where the closing quote is.
fn end_of_text(json: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_that_nests_deepest_is_named() {
        for (json, expected) in [
            (r#"{"a":1,"tenantData":{"x":{},"n\"ote":[[[1]]]},"z":[]}"#, r#"tenantData.n\"ote"#),
            (r#"{"note":[[[]]]}"#, "note"),
            ("[[[", "body"),
            (r#"{"a":{"b":{"c":{"d":1}}}}"#, "a.b"),
            (r#"{"text":"[[[[","b":[]}"#, "b"),
            ("", "body"),
        ] {
            assert_eq!(deepest_member(json.as_bytes()), expected, "{json}");
        }
    }
}
