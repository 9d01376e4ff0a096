//! `name=value` from a shell as members of a JSON object.

use serde_json::{Map, Value};

/// One `name=value`. A value that is JSON is taken as such, any other as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute(String, Value);

pub fn parse(text: &str) -> Result<Attribute, String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    if name.is_empty() {
        return Err("must be NAME=VALUE".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok(Attribute(name.to_owned(), value))
}

pub fn object(attributes: &[Attribute]) -> Map<String, Value> {
    attributes.iter().map(|Attribute(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_where_it_is_json_else_text() {
        let given = ["a=x", "b=3", "c={\"d\":[1]}", "e=", "f=a=b", "g=\"3\""].map(|text| parse(text).unwrap());
        let expected = json!({ "a": "x", "b": 3, "c": { "d": [1] }, "e": "", "f": "a=b", "g": "3" });
        assert_eq!(Value::Object(object(&given)), expected);
        assert!(parse("a").is_err() && parse("=x").is_err());
    }
}
