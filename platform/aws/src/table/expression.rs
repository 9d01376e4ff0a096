//! A condition or an update, with the names and values it speaks of.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::time::Timestamp;

use super::Item;

/// Such as `#version = :version`. Names are written `#name` and stand for the attribute of that name, as many plain
/// words are reserved.
#[derive(Debug, Clone, Default)]
pub struct Expression {
    pub(super) text: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Expression {
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let names = names_in(&text).map(|name| (format!("#{name}"), name.to_owned())).collect();
        Self { text, names, values: HashMap::new() }
    }

    /// The item is not there. `key` is its partition key's attribute.
    pub fn absent(key: &str) -> Self {
        Self::new(format!("attribute_not_exists(#{key})"))
    }

    /// The item still has these attributes, with these values. What was added to it meanwhile is not seen.
    pub fn unchanged(item: &Item) -> Self {
        let mut whole = Self::default();
        let mut equal = Vec::with_capacity(item.len());
        for (n, (name, value)) in item.iter().enumerate() {
            equal.push(format!("#is{n} = :is{n}"));
            whole.names.insert(format!("#is{n}"), name.clone());
            whole.values.insert(format!(":is{n}"), value.clone());
        }
        whole.text = equal.join(" AND ");
        whole
    }

    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.text = format!("{} AND {}", self.text, other.text);
        self.names.extend(other.names);
        self.values.extend(other.values);
        self
    }

    #[must_use]
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.value(name, AttributeValue::S(value.into()))
    }

    #[must_use]
    pub fn number(self, name: &str, value: impl Into<i128>) -> Self {
        self.value(name, AttributeValue::N(value.into().to_string()))
    }

    #[must_use]
    pub fn moment(self, name: &str, at: Timestamp) -> Self {
        self.number(name, at.millis())
    }

    /// What `:name` stands for.
    #[must_use]
    pub fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// The names of both, or none if there are none, as DynamoDB refuses an empty map.
    pub(super) fn merged(parts: &[Option<&Self>]) -> (Named, Valued) {
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        for part in parts.iter().flatten() {
            names.extend(part.names.clone());
            values.extend(part.values.clone());
        }
        (Some(names).filter(|n| !n.is_empty()), Some(values).filter(|v| !v.is_empty()))
    }
}

pub(super) type Named = Option<HashMap<String, String>>;
pub(super) type Valued = Option<HashMap<String, AttributeValue>>;

fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('#').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_stand() {
        let expression = Expression::new("SET #due = :at, #a_b = #a_b + :one");
        let mut names: Vec<_> = expression.names.into_iter().collect();
        names.sort();
        assert_eq!(names, [("#a_b".into(), "a_b".into()), ("#due".to_owned(), "due".to_owned())]);
    }
}
