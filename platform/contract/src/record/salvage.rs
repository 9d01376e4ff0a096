//! A record that cannot be read whole, less the members that make it so.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::TenantRecord;
use crate::attributes::is_too_deep;

/// JSON's reader stops at 128 levels. What is deeper than this is skipped, which it does without counting.
const LEVELS: usize = 100;

/// The parts of a record that hold free members.
const PARTS: [&str; 2] = ["tenant", "registration"];

/// What is left of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Salvaged {
    pub record: TenantRecord,
    /// Free members that are not in it, such as `tenant.note`.
    pub lost: Vec<String>,
}

/// Reads a record from its JSON without the free members that nest too deep. None if more than those is unreadable.
pub fn salvage(json: &[u8]) -> Option<Salvaged> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let mut whole = Shallow(LEVELS).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    let mut lost = Vec::new();
    for part in PARTS {
        let Some(Value::Object(members)) = whole.get_mut(part) else { continue };
        members.retain(|name, value| {
            let deep = is_too_deep(value);
            if deep {
                lost.push(format!("{part}.{name}"));
            }
            !deep
        });
    }
    Some(Salvaged { record: serde_json::from_value(whole).ok()?, lost })
}

/// Reads a value down to so many levels; what is deeper becomes null.
struct Shallow(usize);

impl<'de> DeserializeSeed<'de> for Shallow {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shallow {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        let Some(left) = self.0.checked_sub(1) else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        };
        while let Some(item) = items.next_element_seed(Shallow(left))? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        let Some(left) = self.0.checked_sub(1) else {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        };
        while let Some(name) = members.next_key::<String>()? {
            read.insert(name, members.next_value_seed(Shallow(left))?);
        }
        Ok(Value::Object(read))
    }
}
