//! Between JSON and DynamoDB's attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Number, Value};
use tenantry_ports::data::{DataError, Item};

pub type Attributes = HashMap<String, AttributeValue>;

/// Every member as an attribute of its own, so that tools that know the table read it. A number comes back as the
/// same number, but not always in the same spelling: what was `1.0` is `1`.
pub fn attributes(item: Item) -> Result<Attributes, DataError> {
    item.into_iter().map(|(name, value)| attribute(value).map(|value| (name, value))).collect()
}

pub fn item(attributes: Attributes) -> Result<Item, DataError> {
    attributes.into_iter().map(|(name, value)| json(value).map(|value| (name, value))).collect()
}

fn attribute(value: Value) -> Result<AttributeValue, DataError> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(yes) => AttributeValue::Bool(yes),
        Value::Number(number) => AttributeValue::N(storable(&number)?),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(list) => AttributeValue::L(list.into_iter().map(attribute).collect::<Result<_, _>>()?),
        Value::Object(members) => AttributeValue::M(attributes(members)?),
    })
}

fn json(value: AttributeValue) -> Result<Value, DataError> {
    Ok(match value {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(yes) => Value::Bool(yes),
        AttributeValue::N(number) => Value::Number(parse(&number)?),
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::L(list) => Value::Array(list.into_iter().map(json).collect::<Result<_, _>>()?),
        AttributeValue::M(members) => Value::Object(item(members)?),
        // Others write to their tables too.
        AttributeValue::Ss(texts) => texts.into(),
        AttributeValue::Ns(numbers) => {
            Value::Array(numbers.iter().map(|n| parse(n).map(Value::Number)).collect::<Result<_, _>>()?)
        }
        _ => return Err(broken("an item has an attribute that JSON cannot express".to_owned())),
    })
}

/// DynamoDB's numbers end at 10^126 and begin at 10^-130; those of JSON go further.
fn storable(number: &Number) -> Result<String, DataError> {
    let size = number.as_f64().unwrap_or(f64::INFINITY).abs();
    if size == 0.0 {
        return Ok("0".to_owned());
    }
    if (1e-130..1e126).contains(&size) {
        Ok(number.to_string())
    } else {
        Err(broken(format!("the number {number} is out of the range that DynamoDB can keep")))
    }
}

fn parse(text: &str) -> Result<Number, DataError> {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    let number = whole.ok().or_else(|| text.parse().ok().and_then(Number::from_f64));
    number.ok_or_else(|| broken(format!("an item has a number that JSON cannot express: {text}")))
}

fn broken(what: String) -> DataError {
    DataError::Broken { what, cause: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn there_and_back(value: &Value) -> Value {
        json(attribute(value.clone()).unwrap()).unwrap()
    }

    #[test]
    fn what_goes_in_comes_out() {
        let value = json!({
            "text": "", "yes": true, "no": null, "list": [1, [], {}], "deep": { "x": -1.5 },
            "large": u64::MAX, "small": i64::MIN, "tiny": 1e-100,
        });
        assert_eq!(there_and_back(&value), value);
        assert_eq!(there_and_back(&json!(0.1 + 0.2)), json!(0.1 + 0.2));
    }

    #[test]
    fn a_number_that_dynamodb_cannot_keep_is_refused_in_words() {
        for number in [json!(1e126), json!(-1e300), json!(1e-131)] {
            let error = attribute(number).unwrap_err().to_string();
            assert!(error.contains("out of the range"), "{error}");
        }
        assert_eq!(there_and_back(&json!(-0.0)), json!(0));
    }

    #[test]
    fn dynamodbs_own_spelling_of_numbers_is_read() {
        let read = |text: &str| json(AttributeValue::N(text.to_owned())).unwrap();
        assert_eq!([read("1"), read("1.5"), read("1E+3")], [json!(1), json!(1.5), json!(1000.0)]);
    }
}
