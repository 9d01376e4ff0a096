//! Starts that must not succeed.

use std::process::Command;

use crate::role::command;
use crate::stage::Stage;

/// What it said, on a start that failed.
fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{said}");
    said
}

/// The program with an empty environment.
fn bare(role: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.arg(role).env_clear();
    command
}

#[test]
fn all_that_is_not_set_is_told_at_once() {
    let every = ["stage", "admin-pool", "admin-user-client"];
    let placing = ["namespaces", "subnets", "gateway-group", "provisioner-group", "execution-role", "image"];
    for (role, more) in
        [("control-plane", &["gateway-url"][..]), ("gateway", &["namespaces"]), ("provisioner", &placing)]
    {
        let said = refused(bare(role));
        let faults = every.len() + more.len();
        assert!(said.contains(&format!("has {faults} faults")), "{role}: {said}");
        for key in every.iter().chain(more) {
            let variable = key.replace('-', "_").to_uppercase();
            assert!(
                said.contains(&format!("{key}: is not set; use --{key} or TENANTRY_{variable}")),
                "{key} of {role}: {said}"
            );
        }
    }
}

#[test]
fn what_is_set_wrongly_is_told_at_once() {
    let mut command = bare("control-plane");
    command.args(["--stage", "prod", "--admin-pool", "eu-west-1_a", "--admin-user-client", "abc"]);
    command.args([
        "--gateway-url",
        "somewhere",
        "--listen",
        "here",
        "--processes",
        "0",
        "--pooled-pool",
        "eu-west-1_b",
        "--trusted-proxy",
        "10.0.0.0/8,10.0.0.1/8",
    ]);
    let said = refused(command);
    assert!(said.contains("has 5 faults"), "{said}");
    for key in ["gateway-url", "listen", "processes", "pooled-client", "trusted-proxy"] {
        assert!(said.contains(&format!("\n  {key}: ")), "{key}: {said}");
    }
}

#[tokio::test]
async fn without_credentials_or_a_region_a_role_says_so_in_one_sentence() {
    let stage = Stage::new().await;
    for (role, taken, words) in [
        ("control-plane", "AWS_ACCESS_KEY_ID", "there are no AWS credentials here: run it with a task role, or set"),
        ("provisioner", "AWS_SECRET_ACCESS_KEY", "there are no AWS credentials here: run it with a task role, or set"),
        ("gateway", "AWS_REGION", "no AWS region is set: set AWS_REGION, or"),
    ] {
        let mut command = command(&stage, role);
        command.env_remove(taken);
        let said = refused(command);
        assert!(said.starts_with(&format!("tenantry: {words}")) && said.lines().count() == 1, "{role}: {said}");
    }
}

/// A stage whose stack was not deployed, or was in another region.
#[tokio::test]
async fn a_table_that_is_not_there_is_named() {
    let stage = Stage::new().await;
    let mut command = command(&stage, "control-plane");
    command.env("TENANTRY_CONTROL_PLANE_TABLE", "nowhere");
    let said = refused(command);
    assert!(said.contains("nowhere") && said.contains("dynamodb:"), "{said}");
}
