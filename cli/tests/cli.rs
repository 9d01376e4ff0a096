//! The client verbs as processes, against the running binary: output, exit codes and messages.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::system::System;

/// A person at a shell with an empty home.
struct Shell {
    session: PathBuf,
}

struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Shell {
    fn run(&self, line: &str, input: &str) -> Done {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tenantry"))
            .args(line.split_whitespace())
            .env("TENANTRY_SESSION", &self.session)
            .env_remove("TENANTRY_API_URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Most commands read nothing, and may have ended before this is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Done { code: status.code(), out: text(&stdout), err: text(&stderr) }
    }

    fn well(&self, line: &str) -> String {
        let done = self.run(line, "");
        assert_eq!(done.code, Some(0), "`{line}`: {}{}", done.out, done.err);
        done.out
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.well(&format!("{line} --json"))).unwrap()
    }

    /// Refused with words on standard error, and nothing on standard output.
    fn refused(&self, line: &str, code: i32) -> String {
        let done = self.run(line, "");
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "`{line}`: {}", done.err);
        assert!(!done.err.contains("panicked"), "{}", done.err);
        done.err
    }
}

#[test]
fn a_tenants_life_from_a_shell() {
    let home = tempfile::tempdir().unwrap();
    let system = System::start(&home.path().join("data"), &[]);
    let shell = Shell { session: home.path().join("session.json") };
    let api = system.credential("/apiUrl");
    let said = shell.refused(&format!("tenants list --api-url {api}"), 1);
    assert!(said.contains("not signed in: run `tenantry login`"), "{said}");

    let credentials = system.data.join("credentials.json");
    let login = format!("login --credentials {} --new-password-stdin", credentials.display());
    let done = shell.run(&login, "Correct-horse-7\n");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("Signed in to") && done.out.contains("admin"), "{}", done.out);
    assert!(shell.run("tenants list", "").err.contains("no tenants"));

    let create = "registrations create --name acme --email ada@acme.example.com --tier basic --wait";
    let shown = shell.well(create);
    for part in ["registration", "user/admin", "✓", "Onboarding succeeded"] {
        assert!(shown.contains(part), "{part} in:\n{shown}");
    }
    let listed = shell.json("registrations list");
    let registration = &listed["data"][0];
    assert_eq!(registration["registrationStatus"], "Created", "{listed}");
    let (id, tenant) =
        (registration["tenantRegistrationId"].as_str().unwrap(), registration["tenantId"].as_str().unwrap());
    assert!(shell.well("registrations list").contains(id));
    assert!(shell.well(&format!("registrations get {id}")).contains("Created"));
    assert_eq!(shell.json(&format!("tenants get {tenant}"))["data"]["tenantName"], "acme");
    shell.well(&format!("registrations update {id} --set colour=red"));
    assert_eq!(shell.json(&format!("tenants get {tenant}"))["data"]["colour"], "red");
    shell.well(&format!("tenants update {tenant} --set colour=blue"));
    assert_eq!(shell.json(&format!("tenants get {tenant}"))["data"]["colour"], "blue");
    assert!(shell.well("events list").contains("onboardingRequest"));

    for (line, code, parts) in [
        ("registrations create --name acme --email x@y.example.com --tier basic", 1, &["(409)", "tenantName"][..]),
        ("registrations create --name b --email x@y.example.com --tier gold", 1, &["(422)", "tier", "basic, advanced"]),
        ("registrations get nobody", 1, &["(404)"]),
        ("tenants list --limit 0", 2, &["--limit"]),
        ("registrations frobnicate", 2, &["frobnicate"]),
    ] {
        let said = shell.refused(line, code);
        for part in parts {
            assert!(said.contains(part), "`{line}` says nothing of {part}: {said}");
        }
    }

    let gone = shell.well(&format!("registrations delete {id} --wait"));
    assert!(gone.contains("Offboarding succeeded"), "{gone}");
    assert_eq!(shell.json(&format!("registrations get {id}"))["data"]["registrationStatus"], "Deleted");

    assert!(system.terminate().0.success());
    let said = shell.refused("tenants list", 1);
    assert!(said.contains("cannot reach") && said.contains("tenantry up"), "{said}");
}
