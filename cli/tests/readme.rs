//! The README's tour, as it is printed: its own commands, run by a shell.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::client::Client;
use support::system::System;

const README: &str = include_str!("../../README.md");

/// The commands of a section's console blocks, in their order. What is not after a `$` is what they print.
fn commands(section: &str) -> Vec<String> {
    let text = README.split("\n## ").find(|text| text.starts_with(section)).expect("the section");
    let mut commands: Vec<String> = Vec::new();
    let (mut inside, mut goes_on) = (false, false);
    for line in text.lines() {
        if line.starts_with("```") {
            (inside, goes_on) = (line == "```console", false);
        } else if goes_on {
            let command = commands.last_mut().expect("the line before");
            command.push('\n');
            command.push_str(line);
            goes_on = line.ends_with('\\');
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            commands.push(command.to_owned());
            goes_on = line.ends_with('\\');
        }
    }
    commands
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_str().unwrap())
}

/// A script of the commands that stops at the first that fails.
fn script(commands: &[String], system: &System, client: &Client) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_tenantry")).parent().unwrap();
    let mut script = "set -euo pipefail\n".to_owned();
    for command in commands {
        // One of the README's is already running, and the binary is where the tests have it.
        if command.starts_with("make run") {
            continue;
        }
        let command = command
            .replace("\"$PWD/target/release:$PATH\"", &format!("{}:\"$PATH\"", quoted(binary)))
            .replace("http://127.0.0.1:8080", &client.api)
            .replace("http://127.0.0.1:8081", &client.gateway)
            .replace(" data/", &format!(" {}/", quoted(&system.data)));
        script.push_str(&command);
        script.push('\n');
    }
    script
}

#[tokio::test]
async fn the_tour_does_what_it_says() {
    let commands = commands("A tour in five minutes");
    assert!(commands.len() >= 12 && commands[0] == "make run", "{commands:#?}");
    let home = tempfile::tempdir().unwrap();
    let system = System::start(&home.path().join("data"), &[]);
    let client = Client::machine(&system).await;
    let script = script(&commands, &system, &client);
    assert!(!script.contains(":8080") && !script.contains(":8081") && !script.contains(" data/"), "{script}");

    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env("HOME", home.path()).stdin(Stdio::null());
    for name in ["XDG_CONFIG_HOME", "TENANTRY_SESSION", "TENANTRY_API_URL", "TENANTRY_CREDENTIALS"] {
        bash.env_remove(name);
    }
    let ran = tokio::task::spawn_blocking(move || bash.output().unwrap()).await.unwrap();
    let Output { status, stdout, stderr } = ran;
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}\n{script}\n{out}\n{err}");
    assert!(out.contains("Onboarding succeeded") && out.contains("Temporary password: "), "{out}");
    // Once as it is placed, once in the list.
    assert_eq!(out.matches("\"orderName\":\"first\"").count(), 2, "{out}");
    assert!(out.contains("Offboarding succeeded"), "{out}");
}
