//! What a system leaves on the machine.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Processes that mention a text in their environment or arguments, but not those of the test itself.
pub fn processes(mentioning: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    all.filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
        .filter(|entry| entry.file_name().to_string_lossy() != own)
        .filter_map(|entry| {
            let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
            let command = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
            let known = String::from_utf8_lossy(&read("environ")).contains(mentioning) || command.contains(mentioning);
            known.then(|| format!("{} {command}", entry.file_name().to_string_lossy()))
        })
        .collect()
}

/// Files below a folder whose path mentions a text.
pub fn files(below: &Path, mentioning: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.to_string_lossy().contains(mentioning) {
                found.push(path.clone());
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// A process below another one, at any depth, that has all these settings in its environment.
pub fn descendants(of: u32, having: &[&str]) -> Vec<Environment> {
    let all = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let parents: HashMap<u32, u32> = all
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name is in parentheses and may hold anything; the state and the parent follow it.
            let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let below = |pid: &u32| {
        let up = std::iter::successors(Some(*pid), |pid| parents.get(pid).copied());
        up.skip(1).any(|ancestor| ancestor == of)
    };
    let environments = parents.keys().filter(|pid| below(pid)).map(|pid| Environment::of(*pid));
    environments.filter(|it| having.iter().all(|setting| it.settings.iter().any(|s| s == setting))).collect()
}

/// What a process was started with.
#[derive(Debug)]
pub struct Environment {
    pub pid: u32,
    settings: Vec<String>,
}

impl Environment {
    fn of(pid: u32) -> Self {
        let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        Self { pid, settings: String::from_utf8_lossy(&bytes).split('\0').map(str::to_owned).collect() }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.settings.iter().find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Every file below a folder, by its path from there; what a database keeps beside itself while it is open aside.
pub fn all_files(below: &Path) -> BTreeSet<PathBuf> {
    let all = files(below, "").into_iter().filter(|path| path.is_file());
    let kept = all.filter(|path| !["-wal", "-shm"].iter().any(|end| path.to_string_lossy().ends_with(end)));
    kept.map(|path| path.strip_prefix(below).unwrap().to_owned()).collect()
}
