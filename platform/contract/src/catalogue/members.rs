//! A table of the file, read member by member: whatever is missing, of another type or unknown is noted, and the
//! reading goes on, so that one fault hides no other.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::{Table, Value};

/// Collects what is wrong, and where.
#[derive(Default)]
pub struct Faults(pub Vec<String>);

impl Faults {
    pub fn say(&mut self, at: &str, what: impl Display) {
        self.0.push(format!("{at}: {what}"));
    }
}

/// A table, the place it is at, and the names of the members that were asked for.
pub struct Members {
    at: String,
    table: Table,
    known: Vec<&'static str>,
}

impl Members {
    /// The members of the whole file, which has no name.
    pub const fn of_file(table: Table) -> Self {
        Self::at(String::new(), table)
    }

    const fn at(at: String, table: Table) -> Self {
        Self { at, table, known: Vec::new() }
    }

    /// Calls it by its `name`, once that is read.
    pub fn called(&mut self, list: &str, name: &str) {
        self.at = format!("{list}.{name}");
    }

    /// Where it is.
    pub fn place(&self) -> &str {
        &self.at
    }

    /// Where one of its members is.
    pub fn place_of(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    /// A text that has to be there.
    pub fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        self.required(key, faults);
        self.maybe_text(key, faults)
    }

    pub fn maybe_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => self.wrong(key, "a text", &other, faults),
        }
    }

    /// A number that has to be there.
    pub fn number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        faults: &mut Faults,
    ) -> Option<T> {
        self.required(key, faults);
        self.maybe_number(key, range, faults)
    }

    pub fn maybe_number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        faults: &mut Faults,
    ) -> Option<T> {
        let number = match self.take(key)? {
            Value::Integer(number) => number,
            other => return self.wrong(key, "a whole number", &other, faults),
        };
        let fitting = T::try_from(number).ok().filter(|_| range.contains(&number));
        if fitting.is_none() {
            let (least, most) = range.into_inner();
            let most = if most == i64::MAX { String::new() } else { format!(" and at most {most}") };
            faults
                .say(&self.place_of(key), format_args!("{number} is out of range: it must be at least {least}{most}"));
        }
        fitting
    }

    pub fn maybe_flag(&mut self, key: &'static str, faults: &mut Faults) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(flag),
            other => self.wrong(key, "true or false", &other, faults),
        }
    }

    pub fn maybe_texts(&mut self, key: &'static str, faults: &mut Faults) -> Option<Vec<String>> {
        let list = self.take(key)?;
        let texts = list.as_array().and_then(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
        texts.or_else(|| self.wrong(key, "a list of texts", &list, faults))
    }

    pub fn maybe_pairs(&mut self, key: &'static str, faults: &mut Faults) -> BTreeMap<String, String> {
        let Some(mut pairs) = self.maybe_table(key, faults) else { return BTreeMap::new() };
        let mut texts = BTreeMap::new();
        for (name, value) in std::mem::take(&mut pairs.table) {
            match value {
                Value::String(text) => drop(texts.insert(name, text)),
                other => drop(pairs.wrong::<()>(&name, "a text", &other, faults)),
            }
        }
        texts
    }

    pub fn maybe_table(&mut self, key: &'static str, faults: &mut Faults) -> Option<Self> {
        match self.take(key)? {
            Value::Table(table) => Some(Self::at(self.place_of(key), table)),
            other => self.wrong(key, "a table", &other, faults),
        }
    }

    /// The tables of a `[[list]]`, each by its number until it is called something.
    pub fn tables(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Self> {
        let list = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(other) => return self.wrong(key, "a list of tables", &other, faults).unwrap_or_default(),
        };
        let mut tables = Vec::new();
        for (n, value) in list.into_iter().enumerate() {
            let at = format!("{}[{n}]", self.place_of(key));
            match value {
                Value::Table(table) => tables.push(Self::at(at, table)),
                other => faults.say(&at, format_args!("must be a table, and is {}", called(&other))),
            }
        }
        tables
    }

    /// Notes the members that nobody asked for.
    pub fn end(self, faults: &mut Faults) {
        for key in self.table.keys() {
            faults.say(&self.place_of(key), format_args!("is unknown here; there are {}", self.known.join(", ")));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn required(&self, key: &str, faults: &mut Faults) {
        if !self.table.contains_key(key) {
            faults.say(&self.place_of(key), "is required");
        }
    }

    fn wrong<T>(&self, key: &str, wanted: &str, found: &Value, faults: &mut Faults) -> Option<T> {
        faults.say(&self.place_of(key), format_args!("must be {wanted}, and is {}", called(found)));
        None
    }
}

/// What a value is, with its article.
const fn called(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
