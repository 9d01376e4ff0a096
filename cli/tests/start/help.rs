//! What the program says of itself.

use crate::support::system::run;

fn says(args: &[&str]) -> String {
    let output = run(args);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    text
}

fn refuses(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_mentions_what_there_is() {
    for (command, parts) in [
        (
            "",
            "up control-plane provisioner gateway service probe login registrations tenants users operations events \
             --version",
        ),
        (
            "up",
            "--data-dir --listen 127.0.0.1:8080 --gateway-listen 127.0.0.1:8081 --metrics-listen --roles --catalogue \
             --allowed-origin --allowed-host --trusted-proxy --public-url --gateway-public-url --admin-email \
             --oidc-issuers --connections-per-address --log-format --log \
             --config TENANTRY_LISTEN",
        ),
        ("control-plane", "AWS"),
        ("provisioner", "AWS"),
        ("gateway", "AWS"),
        ("service", "orders products users"),
        ("probe", "--timeout-ms"),
        ("login", "--credentials --machine --user --issuer --client-id --password-stdin --api-url"),
        ("registrations", "create list get update delete retry"),
        ("registrations create", "--name --email --tier --set --wait --timeout --json --api-url TENANTRY_API_URL"),
        ("registrations list", "--json --limit"),
        ("registrations get", "<ID>"),
        ("registrations update", "<ID> --set --set-registration"),
        ("registrations delete", "<ID> --wait"),
        ("registrations retry", "<ID> --wait"),
        ("tenants", "list get update"),
        ("users", "create list get update delete enable disable"),
        ("operations", "get list"),
        ("events", "tail list"),
    ] {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let said = says(&args);
        for part in parts.split_whitespace() {
            assert!(said.contains(part), "`tenantry {command} --help` says nothing of {part}:\n{said}");
        }
    }
}

/// Every command in every list of commands has its own help, and says in a line what it is for.
#[test]
fn every_command_explains_itself() {
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(command) = waiting.pop() {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let said = says(&args);
        let first = said.lines().next().unwrap_or_default();
        assert!(!first.is_empty() && !first.starts_with("Usage"), "{args:?} does not say what it is for:\n{said}");
        let listed = said.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        // Names are indented by two; what a line that was too long goes on with, by more.
        let named = listed.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
        for name in named.filter_map(|line| line.split_whitespace().next()) {
            if name != "help" {
                waiting.push(command.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
        seen += 1;
    }
    assert!(seen > 20, "only {seen} commands were found");
}

#[test]
fn a_typo_is_met_with_what_was_meant() {
    for (args, meant) in [
        (&["upp"][..], "'up'"),
        (&["up", "--data-dri", "x"], "'--data-dir'"),
        (&["registrations", "crate"], "'create'"),
        (&["registrations", "create", "--teir", "basic"], "'--tier'"),
    ] {
        let said = refuses(args);
        assert!(said.contains(meant) && said.contains("similar"), "{args:?}: {said}");
    }
    assert!(refuses(&["registrations", "create"]).contains("--name"));
}
