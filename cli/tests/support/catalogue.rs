//! Catalogues for the tests.

use std::path::{Path, PathBuf};

/// The default one, but for its limits: a test asks faster than a basic tenant may.
pub fn unlimited(beside: &Path) -> PathBuf {
    let lines = include_str!("../../../catalogue.toml").lines();
    let text: Vec<&str> = lines
        .filter(|l| !l.starts_with("[tiers.limits]") && !l.starts_with("requests_per_") && !l.starts_with("burst"))
        .collect();
    write(beside, "unlimited.toml", &text.join("\n"))
}

pub fn write(beside: &Path, name: &str, text: &str) -> PathBuf {
    let file = beside.join(name);
    std::fs::write(&file, text).expect("a catalogue's file");
    file
}
