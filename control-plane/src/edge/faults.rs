//! What is wrong with a request, all of it at once.

use tenantry_web::Problem;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<(String, String)>);

impl Faults {
    /// `rule` goes on from the field's name: "must be …".
    pub fn say(&mut self, field: impl Into<String>, rule: impl Into<String>) {
        self.0.push((field.into(), rule.into()));
    }

    /// Takes the value out of a parse, or notes the fault.
    pub fn take<T, E: std::fmt::Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|rule| self.say(field, rule.to_string())).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, if nothing was wrong and it is there.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.into()),
        }
    }
}

/// One fault as a problem of its own.
pub(crate) fn fault(field: impl Into<String>, rule: impl Into<String>) -> Problem {
    let mut faults = Faults::default();
    faults.say(field, rule);
    faults.into()
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        let message = faults.0.iter().map(|(field, rule)| format!("{field} {rule}")).collect::<Vec<_>>().join("; ");
        faults.0.into_iter().fold(Self::unprocessable(message), |problem, (field, rule)| problem.field(field, rule))
    }
}
