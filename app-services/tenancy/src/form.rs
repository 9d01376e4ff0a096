//! A body checked member by member, so that every fault is told at once and by name.

use serde_json::{Map, Number, Value};
use tenantry_web::Problem;

/// The longest text a member takes.
const LONGEST: usize = 256;

/// Members of a JSON object, and what was found wrong so far. Unknown members are left out.
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

    /// A number of at least zero, kept as it was written.
    pub fn amount(&mut self, name: &str) -> Number {
        match self.members.remove(name) {
            Some(Value::Number(number)) if number.as_f64().is_some_and(|n| n >= 0.0) => number,
            _ => {
                self.fault::<String>(name, "must be a number, at least 0".into());
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
    fn a_price_is_kept_as_it_was_written() {
        let mut form = form(json!({"price": 9.99, "sku": null}));
        assert_eq!(form.amount("price").to_string(), "9.99");
        assert_eq!(form.optional_text("sku"), None);
        assert!(form.finish(()).is_ok());
    }
}
