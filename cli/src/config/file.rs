//! `tenantry.toml`: the long flags of `tenantry up` as keys, for those who prefer a file.

use std::collections::BTreeMap;
use std::path::Path;

use super::Faults;

/// The keys a file may hold, and their values as text.
#[derive(Default)]
pub struct File(BTreeMap<String, Vec<String>>);

impl File {
    pub fn read(path: Option<&Path>, known: &[&str], faults: &mut Faults) -> Self {
        let Some(path) = path else { return Self::default() };
        let at = path.display().to_string();
        let Some(text) = faults.take(&at, std::fs::read_to_string(path)) else { return Self::default() };
        let Some(table) = faults.take(&at, text.parse::<toml::Table>()) else { return Self::default() };
        let mut file = BTreeMap::new();
        for (key, value) in table {
            if !known.contains(&key.as_str()) {
                faults.say(&at, format_args!("unknown key {key:?}; there are {}", known.join(", ")));
            } else if let Some(values) = texts(value) {
                file.insert(key, values);
            } else {
                faults.say(&at, format_args!("{key} must be a text or a list of texts"));
            }
        }
        Self(file)
    }

    pub fn one(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(|values| values.first().cloned())
    }

    pub fn many(&self, key: &str) -> Option<Vec<String>> {
        self.0.get(key).cloned()
    }
}

fn texts(value: toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text]),
        toml::Value::Boolean(flag) => Some(vec![flag.to_string()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Array(list) => list.into_iter().map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
