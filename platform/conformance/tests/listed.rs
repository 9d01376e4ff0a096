//! A case that no macro lists is a case that nobody runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// The names of the cases written in a suite's folder.
fn written(folder: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(folder, &mut files);
    let texts = files.iter().map(|file| fs::read_to_string(file).expect("a source"));
    let names = |text: String| -> Vec<String> {
        let starts = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
        starts.filter_map(|rest| rest.split('(').next().map(str::to_owned)).collect()
    };
    texts.flat_map(names).collect()
}

/// The names that a suite's macro lists.
fn listed(suite: &str) -> BTreeSet<String> {
    let (_, list) = suite.split_once("$crate::__cases!").expect("a suite has a list");
    let (_, list) = list.split_once(':').expect("the list follows the suite's name");
    let (list, _) = list.split_once('}').expect("the list ends");
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_case_is_listed() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut suites = 0;
    for entry in fs::read_dir(&src).expect("the sources") {
        let path = entry.expect("an entry").path();
        if !path.is_file() || path.ends_with("cases.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        if text.contains("$crate::__cases!") {
            assert_eq!(listed(&text), written(&path.with_extension("")), "{}", path.display());
            suites += 1;
        }
    }
    assert!(suites >= 10, "only {suites} suites were found");
}
