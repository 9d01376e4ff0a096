//! What the settings of one role are, from wherever they came.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use super::table::{Preset, SETTINGS, Setting};
use crate::config::Faults;
use crate::config::file::File;
use crate::config::origins::origin;

/// The settings of a role, or of all. Whatever is wrong with one is noted, and told when all are read.
pub struct Values {
    values: BTreeMap<&'static str, String>,
    pub faults: Faults,
}

impl Values {
    pub fn find(given: &BTreeMap<&'static str, String>, config: Option<&Path>, has: impl Fn(&Setting) -> bool) -> Self {
        let known: Vec<&str> = SETTINGS.iter().map(|s| s.key).collect();
        let mut faults = Faults::default();
        let file = File::read(config, &known, &mut faults);
        let of = |key: &'static str| given.get(key).cloned().or_else(|| file.many(key).map(|many| many.join(",")));
        let stage = of("stage").unwrap_or_default();
        let mut values = BTreeMap::new();
        for setting in SETTINGS.iter().filter(|s| has(s)) {
            match (of(setting.key), setting.preset) {
                (Some(value), _) => {
                    values.insert(setting.key, value);
                }
                (None, Preset::Is(value)) => {
                    values.insert(setting.key, value.replace("{stage}", &stage));
                }
                (None, Preset::Required) => {
                    faults
                        .say(setting.key, format_args!("is not set; use --{} or {}", setting.key, setting.variable()));
                }
                (None, Preset::Off) => {}
            }
        }
        Self { values, faults }
    }

    /// What was read, unless anything is wrong.
    pub fn checked<T>(self, read: Option<T>) -> Result<T, Faults> {
        self.faults.check()?;
        Ok(read.unwrap_or_else(|| unreachable!("whatever is missing is a fault")))
    }

    /// A setting's text; empty if it is off or missing.
    pub fn text(&self, key: &'static str) -> String {
        self.some(key).unwrap_or_default()
    }

    pub fn some(&self, key: &'static str) -> Option<String> {
        debug_assert!(SETTINGS.iter().any(|s| s.key == key), "{key} is no setting");
        self.values.get(key).cloned()
    }

    /// The parts between commas.
    pub fn list(&self, key: &'static str) -> Vec<String> {
        let text = self.text(key);
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// Origins between commas. Whatever is none is noted.
    pub fn origins(&mut self, key: &'static str) -> Vec<String> {
        let texts = self.list(key);
        texts.iter().filter_map(|text| self.faults.take(key, origin(text))).collect()
    }

    /// What a setting's text says, if it is set and makes sense.
    pub fn read<T, E: Display>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.some(key)?;
        self.faults.take(key, parse(&text))
    }
}
