//! `tenantry aws check` on a stage that is whole, and on ones that lack something.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use crate::inventory::until_served;
use crate::role::{Role, command};
use crate::stage::Stage;

fn check(stage: &Stage, more: &[&str], set: &[(&str, &str)]) -> Output {
    let mut command = command(stage, "aws");
    command.arg("check").args(more).envs(set.iter().copied()).output().unwrap()
}

/// What is missing or wrong, and why.
fn bad(stage: &Stage, set: &[(&str, &str)]) -> BTreeMap<String, String> {
    let output = check(stage, &["--json"], set);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    let text = |finding: &Value, member: &str| finding[member].as_str().unwrap_or_default().to_owned();
    let all = document["findings"].as_array().unwrap().iter();
    let bad = all.filter(|finding| ["missing", "wrong"].contains(&finding["state"].as_str().unwrap()));
    let bad: BTreeMap<_, _> = bad.map(|finding| (text(finding, "what"), text(finding, "why"))).collect();
    assert_eq!(output.status.code(), Some(i32::from(!bad.is_empty())), "{document}");
    assert_eq!(document["bad"], bad.len(), "{document}");
    bad
}

/// The execution role and the boundary that the stage's settings name.
async fn roles(stage: &Stage) {
    let iam = aws_sdk_iam::Client::new(&stage.sdk);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let name = format!("{}-execution", stage.name);
    iam.create_role().role_name(name).assume_role_policy_document(trust).send().await.unwrap();
    let nothing =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"organizations:*","Resource":"*"}]}"#;
    let name = format!("{}-boundary", stage.name);
    iam.create_policy().policy_name(name).policy_document(nothing).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stage_that_is_whole_is_fine() {
    let stage = Stage::new().await;
    roles(&stage).await;
    let missing = bad(&stage, &[]);
    let shared = ["orders.orders", "products.products"].map(|table| format!("shared table {}-{table}", stage.name));
    let pooled = ["orders", "products", "users"].map(|service| format!("pooled service {service}"));
    assert_eq!(missing.keys().cloned().collect::<BTreeSet<_>>(), pooled.into_iter().chain(shared).collect());
    assert!(missing.values().all(|why| why.contains("a running provisioner makes it")), "{missing:?}");
    let _provisioner = Role::start(&stage, "provisioner");
    until_served(&stage).await;
    assert_eq!(bad(&stage, &[]), BTreeMap::new());
    let said = String::from_utf8(check(&stage, &[], &[]).stdout).unwrap();
    for name in ["TenantDetails", "TenantRegistration", "ControlPlane"] {
        assert!(said.contains(&format!("ok       table {}-{name}\n", stage.name)), "{said}");
    }
    for what in [
        "ok       credentials of ".to_owned(),
        format!("ok       event bus {}-bus\n", stage.name),
        format!("ok       rule {}-provisioner\n", stage.name),
        format!("ok       policies of queue {}-control-plane\n", stage.name),
        format!("ok       targets of rule {}-control-plane\n", stage.name),
        "ok       the admins' user pool ".to_owned(),
        format!("ok       cluster {}\n", stage.name),
        format!("ok       shared table {}-orders.orders\n", stage.name),
        "ok       pooled service orders\n".to_owned(),
        format!("ok       execution role arn:aws:iam::{}:role/{}-execution\n", stage.account, stage.name),
        "ok       quota \"User pools per account\": 2 of 1000 are in use".to_owned(),
        "ok       permissions: the account's root may do everything\n".to_owned(),
    ] {
        assert!(said.contains(&what), "{what:?} in\n{said}");
    }
    // One role's needs are a part of all.
    let said = String::from_utf8(check(&stage, &["--role", "control-plane"], &[]).stdout).unwrap();
    assert!(said.contains("ok       table ") && !said.contains("cluster") && !said.contains("quota"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stage_lacks_is_named_with_what_to_do() {
    let stage = Stage::dedicated().await;
    roles(&stage).await;
    let name = &stage.name;
    let (events, sqs) = (aws_sdk_eventbridge::Client::new(&stage.sdk), aws_sdk_sqs::Client::new(&stage.sdk));
    let dynamo = aws_sdk_dynamodb::Client::new(&stage.sdk);

    dynamo.delete_table().table_name(format!("{name}-TenantDetails")).send().await.unwrap();
    let url = sqs.get_queue_url().queue_name(format!("{name}-provisioner")).send().await.unwrap().queue_url.unwrap();
    sqs.set_queue_attributes().queue_url(&url).attributes(QueueAttributeName::Policy, "").send().await.unwrap();
    let rule = events.put_rule().name(format!("{name}-control-plane")).event_bus_name(format!("{name}-bus"));
    rule.event_pattern(r#"{"detail-type":["other"]}"#).state(RuleState::Disabled).send().await.unwrap();
    let group = "sg-0123456789abcdef0";
    let found = bad(
        &stage,
        &[
            ("TENANTRY_REGISTRATIONS_TABLE", &format!("{name}-ControlPlane")),
            ("TENANTRY_CLUSTER", "nowhere"),
            ("TENANTRY_GATEWAY_GROUP", group),
            ("TENANTRY_SUBNETS", stage_subnet(&stage).as_str()),
            ("TENANTRY_EXECUTION_ROLE", "arn:aws:iam::000000000000:role/nobody"),
            ("TENANTRY_ADMIN_USER_CLIENT", "unknownclient"),
            ("TENANTRY_ADMIN_GROUPS", "SystemAdmin,Auditors=tenant/tenant_read"),
            ("TENANTRY_PROVISIONER_QUEUE", &format!("{name}-provisioner")),
        ],
    );
    let expected = [
        (format!("table {name}-TenantDetails"), "make it with the partition key tenantId (text), the global index"),
        (format!("table {name}-ControlPlane"), "its keys are other ones"),
        (format!("policies of queue {name}-provisioner"), "does not let events.amazonaws.com send"),
        (format!("rule {name}-control-plane"), "it is switched off; switch it on; its pattern must be"),
        ("cluster nowhere".to_owned(), "make it"),
        (format!("security group {group}"), "set gateway-group to"),
        (format!("subnets {}", stage_subnet(&stage)), "they are in one zone"),
        ("execution role arn:aws:iam::000000000000:role/nobody".to_owned(), "make it"),
        ("the admins' app client unknownclient".to_owned(), "set admin-user-client"),
        (format!("group Auditors of user pool {}", stage.pools.admins.as_ref().unwrap().id), "make it, or take it out"),
    ];
    for (what, why) in &expected {
        let told = found.get(what).unwrap_or_else(|| panic!("{what} is not among {found:#?}"));
        assert!(told.contains(why), "{what}: {told}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_and_rules_that_are_gone_are_named() {
    let stage = Stage::dedicated().await;
    roles(&stage).await;
    let name = &stage.name;
    let found = bad(&stage, &[("TENANTRY_PROVISIONER_QUEUE", "elsewhere")]);
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["queue elsewhere", "queue elsewhere-dead", "rule elsewhere"], "{found:#?}");
    let found = bad(&stage, &[("TENANTRY_EVENT_BUS", "nowhere")]);
    assert_eq!(found.into_keys().collect::<Vec<_>>(), ["event bus nowhere"]);
    let settings = check(&stage, &[], &[("TENANTRY_PROCESSES", "none"), ("TENANTRY_SUBNETS", "")]);
    let said = String::from_utf8(settings.stderr).unwrap();
    assert!(said.contains("processes: ") && said.contains("subnets: is not set"), "{name}: {said}");
}

/// Who may do only what a policy says is told what is not in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permissions_are_those_of_whoever_asks() {
    let stage = Stage::dedicated().await;
    roles(&stage).await;
    let iam = aws_sdk_iam::Client::new(&stage.sdk);
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{}:root"}},"Action":"sts:AssumeRole"}}]}}"#,
        stage.account
    );
    let role = iam.create_role().role_name("operator").assume_role_policy_document(trust);
    let arn = role.send().await.unwrap().role.unwrap().arn;
    let may = |actions: &str| {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
        );
        iam.put_role_policy().role_name("operator").policy_name("all").policy_document(policy).send()
    };
    let sts = aws_sdk_sts::Client::new(&stage.sdk);
    let session = sts.assume_role().role_arn(&arn).role_session_name("me").send().await.unwrap().credentials.unwrap();
    let set = [
        ("AWS_ACCESS_KEY_ID", session.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", session.secret_access_key()),
        ("AWS_SESSION_TOKEN", session.session_token()),
    ];
    let permissions = || {
        let said = String::from_utf8(check(&stage, &["--role", "control-plane"], &set).stdout).unwrap();
        said.lines().find(|line| line.contains("permissions of")).unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    may(r#""sts:*","iam:*","dynamodb:*","events:*","cognito-idp:*""#).await.unwrap();
    let queues = "sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:GetQueueUrl, sqs:ReceiveMessage, sqs:SendMessage";
    let told =
        format!("advice   permissions of {arn} for a control-plane: not allowed, as far as can be told: {queues}");
    assert_eq!(permissions(), told);
    may(r#""*""#).await.unwrap();
    assert_eq!(permissions(), format!("ok       permissions of {arn} for a control-plane"));
}

/// One of its subnets.
fn stage_subnet(stage: &Stage) -> String {
    let all = stage.environment().into_iter().find(|(name, _)| name == "TENANTRY_SUBNETS").unwrap().1;
    all.split(',').next().unwrap().to_owned()
}
