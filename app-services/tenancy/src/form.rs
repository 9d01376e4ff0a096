//! A body checked member by member, so that every fault is told at once and by name.

use serde_json::{Map, Number, Value};
use tenantry_contract::attributes::{TOO_DEEP, is_too_deep};
use tenantry_web::Problem;

/// The longest text a member takes.
const LONGEST: usize = 256;

/// Members of a JSON object, and what was found wrong so far. Unknown members are left out, unless [`Form::rest`] takes
/// them.
pub struct Form {
    members: Map<String, Value>,
    at: String,
    faults: Vec<(String, String)>,
}

impl Form {
    pub fn new(members: Map<String, Value>) -> Self {
        Self { members, at: String::new(), faults: Vec::new() }
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &str) -> String {
        match self.members.remove(name) {
            Some(Value::String(text)) if fits(&text) => text,
            _ => self.fault(name, format!("must be a text of 1 to {LONGEST} characters")),
        }
    }

    /// A text that may be absent, null or empty.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.chars().count() <= LONGEST => Some(text),
            Some(_) => self.fault(name, format!("must be a text of at most {LONGEST} characters")),
        }
    }

    /// Takes a member as it was sent, for a rule of the caller's own.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// A text or a number, kept as it was sent; `None` if it is absent, null or empty.
    pub fn optional_text_or_number(&mut self, name: &str) -> Option<Value> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.chars().count() <= LONGEST => Some(Value::String(text)),
            Some(Value::Number(number)) if is_kept(&number) => Some(Value::Number(number)),
            Some(_) => self.fault(name, format!("must be a number, or a text of at most {LONGEST} characters")),
        }
    }

    /// All members that were not taken yet, but for the `reserved` ones, which the service itself sets.
    pub fn rest(&mut self, reserved: &[&str]) -> Map<String, Value> {
        let mut rest = std::mem::take(&mut self.members);
        for name in reserved {
            rest.remove(*name);
        }
        for (name, value) in &rest {
            if let Err(rule) = check_name(name).and_then(|()| check_value(value)) {
                self.fault::<()>(name, rule);
            }
        }
        rest
    }

    /// A number of at least zero, kept as it was written.
    pub fn amount(&mut self, name: &str) -> Number {
        match self.members.remove(name) {
            Some(Value::Number(number)) if number.as_f64().is_some_and(|n| n >= 0.0) && is_kept(&number) => number,
            _ => {
                self.fault::<String>(name, "must be a number, at least 0 and below 1e126".into());
                Number::from(0)
            }
        }
    }

    /// A whole number of at least one.
    pub fn count(&mut self, name: &str) -> u64 {
        match self.members.remove(name).as_ref().and_then(Value::as_u64) {
            Some(count) if count >= 1 => count,
            _ => self.fault(name, "must be a whole number, at least 1".into()),
        }
    }

    /// A list of objects, each read by `read`. One of more than `most` is refused whole, unread.
    pub fn list<T>(&mut self, name: &str, most: usize, read: impl Fn(&mut Form) -> T) -> Vec<T> {
        let values = match self.members.remove(name) {
            Some(Value::Array(values)) if values.len() <= most => values,
            _ => return self.fault(name, format!("must be a list of at most {most}")),
        };
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let at = format!("{}{name}[{index}]", self.at);
            let Value::Object(members) = value else {
                self.faults.push((at, "must be an object".into()));
                continue;
            };
            let mut form = Form { members, at: format!("{at}."), faults: Vec::new() };
            items.push(read(&mut form));
            self.faults.append(&mut form.faults);
        }
        items
    }

    /// Notes a fault, and gives a value to go on with.
    pub fn fault<T: Default>(&mut self, name: &str, rule: String) -> T {
        self.faults.push((format!("{}{name}", self.at), rule));
        T::default()
    }

    /// The value, if nothing was wrong.
    pub fn finish<T>(self, value: T) -> Result<T, Problem> {
        let Some((field, rule)) = self.faults.first() else { return Ok(value) };
        let problem = Problem::unprocessable(format!("{field} {rule}"));
        Err(self.faults.iter().fold(problem, |problem, (field, rule)| problem.field(field, rule)))
    }
}

/// Begins the names of members that a store keeps for itself.
const RESERVED: &str = "tenantry:";

fn check_name(name: &str) -> Result<(), String> {
    if !(1..=LONGEST).contains(&name.chars().count()) {
        return Err(format!("is the name of a member, which must have 1 to {LONGEST} characters"));
    }
    if name.starts_with(RESERVED) { Err(format!("must not begin with {RESERVED}")) } else { Ok(()) }
}

/// A value that every store keeps as it is.
fn check_value(value: &Value) -> Result<(), String> {
    if is_too_deep(value) { Err(TOO_DEEP.to_owned()) } else { check_parts(value) }
}

fn check_parts(value: &Value) -> Result<(), String> {
    match value {
        Value::Array(values) => values.iter().try_for_each(check_parts),
        Value::Object(members) if members.contains_key("") => Err("must not hold a member without a name".to_owned()),
        Value::Object(members) => members.values().try_for_each(check_parts),
        Value::Number(number) if !is_kept(number) => {
            Err(format!("must not hold the number {number}: the size of a number is 0, or from 1e-130 to below 1e126"))
        }
        _ => Ok(()),
    }
}

/// Whether DynamoDB keeps the number too.
fn is_kept(number: &Number) -> bool {
    number.as_f64().is_some_and(|n| n == 0.0 || (1e-130..1e126).contains(&n.abs()))
}

fn fits(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(value: Value) -> Form {
        let Value::Object(members) = value else { panic!("an object is needed") };
        Form::new(members)
    }

    #[test]
    fn every_fault_is_noted_with_its_path() {
        let mut form = form(json!({"name": " ", "price": -1, "lines": [{"quantity": 0}, 7, {"quantity": 2}]}));
        form.text("name");
        form.amount("price");
        let counts = form.list("lines", 3, |line| line.count("quantity"));
        assert_eq!(counts, [0, 2]);
        let fields: Vec<_> = form.faults.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "price", "lines[0].quantity", "lines[1]"]);
        assert!(form.finish(()).is_err());
    }

    #[test]
    fn a_long_list_is_one_fault() {
        let mut form = form(json!({ "lines": vec![0; 1_000] }));
        assert!(form.list("lines", 999, |line| line.count("quantity")).is_empty());
        assert_eq!(form.faults, [("lines".to_owned(), "must be a list of at most 999".to_owned())]);
    }

    #[test]
    fn members_that_nobody_asked_for_are_kept_within_bounds() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        let mut good = form(json!({"id": "x", "deep": nested(64), "colour": "red", "n": [1e-130, 0, null, {"a": {}}]}));
        let rest = good.rest(&["id"]);
        assert_eq!(
            Value::Object(rest),
            json!({"deep": nested(64), "colour": "red", "n": [1e-130, 0, null, {"a": {}}]})
        );
        assert!(good.finish(()).is_ok());

        let mut bad = form(json!({"deep": nested(65), "n": [{"m": 1e126}], "": 1, "tenantry:put": 1, "o": {"": 1}}));
        bad.rest(&[]);
        let mut fields: Vec<_> = bad.faults.iter().map(|(field, _)| field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["", "deep", "n", "o", "tenantry:put"]);
    }

    #[test]
    fn a_price_is_kept_as_it_was_written() {
        let mut form = form(json!({"price": 9.99, "sku": null}));
        assert_eq!(form.amount("price").to_string(), "9.99");
        assert_eq!(form.optional_text("sku"), None);
        assert!(form.finish(()).is_ok());
    }
}
