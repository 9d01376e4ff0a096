//! Between JSON and DynamoDB's values, for members that clients of SBT read as plain attributes.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value};

/// DynamoDB takes 32 levels; the attribute itself is the first.
const LEVELS: usize = 31;

/// A value as DynamoDB keeps it, if it comes back the same: DynamoDB's numbers have no `1.0` and end at 1e126, its
/// members have a name, and its nesting has an end.
pub fn to_value(json: &Value) -> Option<AttributeValue> {
    within(json, LEVELS)
}

fn within(json: &Value, levels: usize) -> Option<AttributeValue> {
    Some(match json {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(b) => AttributeValue::Bool(*b),
        Value::Number(n) => AttributeValue::N(number(n)?),
        Value::String(s) => AttributeValue::S(s.clone()),
        _ if levels == 0 => return None,
        Value::Array(items) => AttributeValue::L(items.iter().map(|v| within(v, levels - 1)).collect::<Option<_>>()?),
        Value::Object(members) => AttributeValue::M(
            members
                .iter()
                .map(|(name, v)| within(v, levels - 1).filter(|_| !name.is_empty()).map(|v| (name.clone(), v)))
                .collect::<Option<_>>()?,
        ),
    })
}

/// A number's text, if DynamoDB gives back one that reads the same.
fn number(n: &Number) -> Option<String> {
    let text = n.to_string();
    if n.is_i64() || n.is_u64() {
        return Some(text);
    }
    let size = n.as_f64()?.abs();
    // A whole number would come back without its point, and become another kind of number.
    (size.fract() != 0.0 && (1e-100..1e100).contains(&size)).then_some(text)
}

/// A value of any item as JSON. Sets become lists, and bytes, which SBT has none of, are left out.
pub fn from_value(value: &AttributeValue) -> Option<Value> {
    Some(match value {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(b) => Value::Bool(*b),
        AttributeValue::N(n) => from_number(n),
        AttributeValue::S(s) => Value::String(s.clone()),
        AttributeValue::L(items) => Value::Array(items.iter().filter_map(from_value).collect()),
        AttributeValue::M(members) => {
            let members = members.iter().filter_map(|(name, v)| from_value(v).map(|v| (name.clone(), v)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        AttributeValue::Ss(texts) => texts.iter().map(|s| Value::String(s.clone())).collect(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|n| from_number(n)).collect(),
        _ => return None,
    })
}

/// One that JSON's reader has no room for stays a text.
fn from_number(text: &str) -> Value {
    text.parse::<Number>().map_or_else(|_| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_comes_back_the_same() {
        for json in [
            json!({ "a": [1, -7, null, "x\u{1F980}", { "b": {} }], "": "never" })["a"].clone(),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(0.25),
            json!(""),
            json!([]),
            json!(true),
        ] {
            let kept = to_value(&json).expect("it can be kept");
            assert_eq!(from_value(&kept), Some(json));
        }
    }

    #[test]
    fn what_would_change_is_not_kept() {
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        for json in [json!(1.0), json!(1e200), json!(1e-200), json!({ "": 1 }), json!([{ "a": 2.0 }]), deep] {
            assert_eq!(to_value(&json), None, "{json}");
        }
    }
}
