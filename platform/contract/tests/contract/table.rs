//! Every situation a tenant can be in, and what each trigger makes of it: the contract's table, cell by cell.
//!
//! A situation is a status and the state of its operation: `P` In progress, `C` Created, `D` Deleting,
//! `X` Deleted, `A` Deactivated, `Fon` and `Foff` Failed by the operation's kind (`!` when its time ran out);
//! `.w` waiting, `.r` running, `.c` cleaning up; `'` the next attempt of the same operation. `409` refused,
//! `=` the same answer and nothing written, `over` an ignored report, `-` nothing due.

use tenantry_contract::catalogue::Placement;
use tenantry_contract::event::{EventName, Verdict};
use tenantry_contract::lifecycle::{Begin, Begun, Decided, Expired, Ignored, apply, begin, claimed, expire, turn};
use tenantry_contract::operation::{Failure, OperationKind, OperationState};
use tenantry_contract::record::TenantRecord;
use tenantry_contract::status::Status;
use tenantry_contract::time::Timestamp;

use crate::make::{START, failure, later, operation_id, registered, report};

const TRIGGERS: [&str; 5] = ["offboard", "retry", "success", "failure", "expire"];

/// Placements that our provisioner serves: a failure is cleaned up before it is final.
const OURS: &[(&str, [&str; 5])] = &[
    ("P.w", ["D.w", "409", "C", "P.c", "P.c"]),
    ("P.r", ["D.w", "409", "C", "P.c", "P.c"]),
    ("P.c", ["D.w", "409", "over", "Fon", "Fon"]),
    ("C", ["D.w", "409", "over", "over", "-"]),
    ("Fon", ["D.w", "P.w'", "over", "over", "-"]),
    ("Fon!", ["D.w", "P.w'", "over", "over", "-"]),
    ("D.w", ["=", "409", "X", "D.c", "D.c"]),
    ("D.r", ["=", "409", "X", "D.c", "D.c"]),
    ("D.c", ["=", "409", "X", "Foff", "Foff"]),
    ("Foff", ["D.w'", "D.w'", "over", "over", "-"]),
    ("Foff!", ["D.w'", "D.w'", "over", "over", "-"]),
    ("X", ["=", "409", "over", "over", "-"]),
    ("A", ["D.w", "409", "over", "over", "-"]),
];

/// Another application plane cleans up unseen, and may be late.
const EXTERNAL: &[(&str, [&str; 5])] = &[
    ("P.w", ["D.w", "409", "C", "Fon", "Fon!"]),
    ("C", ["D.w", "409", "over", "over", "-"]),
    ("Fon", ["D.w", "P.w'", "over", "over", "-"]),
    ("Fon!", ["D.w", "P.w'", "C", "over", "-"]),
    ("D.w", ["=", "409", "X", "Foff", "Foff!"]),
    ("Foff", ["D.w'", "D.w'", "over", "over", "-"]),
    ("Foff!", ["D.w'", "D.w'", "X", "over", "-"]),
    ("X", ["=", "409", "over", "over", "-"]),
    ("A", ["D.w", "409", "over", "over", "-"]),
];

#[test]
fn ours_moves_by_the_table() {
    for placement in [Placement::Pooled, Placement::DedicatedServices, Placement::DedicatedCluster] {
        walk(OURS, placement);
    }
}

#[test]
fn external_moves_by_the_table() {
    walk(EXTERNAL, Placement::External);
}

#[test]
fn a_look_of_ours_does_not_move_another_planes_deadline() {
    for situation in ["P.w", "D.w"] {
        let record = situated(situation, Placement::External);
        assert_eq!(claimed(record.clone(), later(80)), record);
    }
}

#[test]
fn a_tenant_without_an_operation_can_only_be_offboarded() {
    for (status, code) in [(Status::Created, "C"), (Status::Failed, "F"), (Status::Deactivated, "A")] {
        let mut record = registered(1, Placement::External).record;
        record.operation = None;
        record.status = status;
        let results: Vec<String> = TRIGGERS.iter().map(|t| pull(&record, t).0).collect();
        assert_eq!(results, ["D.w", "409", "over", "over", "-"], "{code}");
    }
}

#[test]
fn only_the_current_pair_and_kind_may_report() {
    for (situation, _) in OURS {
        let record = situated(situation, Placement::Pooled);
        for verdict in [Verdict::Success, failure()] {
            let good = report(&record, verdict);
            let (id, attempt) = good.attempt.clone().unwrap();
            let mut older = good.clone();
            older.attempt = Some((id, attempt + 1));
            let mut other = good.clone();
            other.attempt = Some((operation_id(99), attempt));
            let mut unsigned = good.clone();
            unsigned.attempt = None;
            let mut kind = good;
            kind.kind = Some(match record.operation.as_ref().unwrap().kind {
                OperationKind::Onboard => OperationKind::Offboard,
                OperationKind::Offboard => OperationKind::Onboard,
            });
            for (sent, why) in [
                (older, Ignored::Stale),
                (other, Ignored::Stale),
                (unsigned, Ignored::Unsigned),
                (kind, Ignored::OtherKind),
            ] {
                assert_eq!(apply(record.clone(), sent, later(1)), Err(why), "{situation}");
            }
        }
    }
}

#[test]
fn nothing_expires_before_its_time() {
    for placement in [Placement::Pooled, Placement::External] {
        for situation in ["P.w", "P.r", "P.c", "D.w", "D.r", "D.c"] {
            if placement == Placement::External && !situation.ends_with('w') {
                continue;
            }
            let record = situated(situation, placement);
            let due = record.operation.as_ref().unwrap().due_at().unwrap();
            let early = Timestamp::from_millis(due.millis() - 1);
            assert_eq!(expire(record.clone(), Vec::new(), early), Expired::NotDue, "{situation}");
            assert_ne!(expire(record, Vec::new(), due), Expired::NotDue, "{situation}");
        }
    }
}

#[test]
fn what_remains_and_the_first_reason_are_in_the_end() {
    let record = situated("P.c", Placement::Pooled);
    let remains = vec!["cluster/main".to_owned()];
    let Expired::Failed(decided) = expire(record.clone(), remains.clone(), later(600)) else { panic!("not failed") };
    assert_eq!(
        why(&decided.record),
        Failure { remains: remains.clone(), ..Failure::new("no room").at("service/orders") }
    );

    let second = Failure { remains: remains.clone(), ..Failure::new("another reason") };
    let decided = apply(record.clone(), report(&record, Verdict::Failure(second)), later(1)).unwrap().decided;
    assert_eq!(why(&decided.record), Failure { remains, ..Failure::new("no room").at("service/orders") });
}

fn why(record: &TenantRecord) -> Failure {
    match &record.operation.as_ref().unwrap().state {
        OperationState::Failed { failure, .. } => failure.clone(),
        other => panic!("not failed: {other:?}"),
    }
}

fn walk(table: &[(&str, [&str; 5])], placement: Placement) {
    for (situation, expected) in table {
        let record = situated(situation, placement);
        assert_eq!(code(&record, None), *situation, "the situation was made right");
        for (trigger, expected) in TRIGGERS.iter().zip(expected) {
            let (result, decided) = pull(&record, trigger);
            assert_eq!(result, *expected, "{placement}: {situation} and {trigger}");
            if let Some(decided) = decided {
                consequences(&record, &decided, &format!("{placement}: {situation} and {trigger}"));
            }
        }
    }
}

/// What goes with every change, whatever the cell.
fn consequences(before: &TenantRecord, decided: &Decided, cell: &str) {
    let after = &decided.record;
    let (old, new) = (before.operation.as_ref().unwrap(), after.operation.as_ref().unwrap());
    assert_eq!(after.generation, before.generation + 1, "{cell}");
    assert_eq!(after.active, before.active && after.status != Status::Deleting, "{cell}");
    if matches!(new.state, OperationState::Waiting { .. }) {
        assert_eq!(decided.look, after.placement != Placement::External, "{cell}");
    }
    let mut events = Vec::new();
    if old.id == new.id {
        assert_eq!(decided.replaced, None, "{cell}");
    } else {
        assert_eq!(decided.replaced.as_ref().map(|op| &op.id), Some(&old.id), "{cell}");
        assert!(decided.replaced.as_ref().unwrap().ended(), "{cell}");
        if !old.ended() {
            events.push(EventName::OperationEnded);
        }
    }
    match (&new.state, new.kind) {
        (OperationState::Waiting { .. }, OperationKind::Onboard) => events.push(EventName::OnboardingRequest),
        (OperationState::Waiting { .. }, OperationKind::Offboard) => events.push(EventName::OffboardingRequest),
        (OperationState::CleaningUp { .. }, _) => assert!(decided.look, "{cell}"),
        _ => events.push(EventName::OperationEnded),
    }
    assert_eq!(decided.events.iter().map(|e| e.name).collect::<Vec<_>>(), events, "{cell}");
}

fn pull(record: &TenantRecord, trigger: &str) -> (String, Option<Decided>) {
    let now = later(10_000);
    let started =
        |what| match begin(record.clone(), what, operation_id(77), record.placement.default_budget(), None, now) {
            Ok(Begun::Changed(decided)) => (code(&decided.record, Some(record)), Some(*decided)),
            Ok(Begun::Unchanged(same)) => {
                assert_eq!(&*same, record);
                ("=".to_owned(), None)
            }
            Err(_) => ("409".to_owned(), None),
        };
    let reported = |verdict| match apply(record.clone(), report(record, verdict), now) {
        Ok(applied) => (code(&applied.decided.record, Some(record)), Some(applied.decided)),
        Err(Ignored::Over) => ("over".to_owned(), None),
        Err(other) => (format!("{other:?}"), None),
    };
    match trigger {
        "offboard" => started(Begin::Offboard),
        "retry" => started(Begin::Retry),
        "success" => reported(Verdict::Success),
        "failure" => reported(failure()),
        _ => match expire(record.clone(), Vec::new(), now) {
            Expired::NotDue => ("-".to_owned(), None),
            Expired::Turned(decided) | Expired::Failed(decided) => {
                (code(&decided.record, Some(record)), Some(*decided))
            }
        },
    }
}

/// Brings a tenant into a situation by the lifecycle's own steps, where it can.
pub fn situated(situation: &str, placement: Placement) -> TenantRecord {
    let fresh = registered(1, placement).record;
    let budget = placement.default_budget();
    let offboarding = |record: TenantRecord| match begin(record, Begin::Offboard, operation_id(2), budget, None, START)
    {
        Ok(Begun::Changed(decided)) => decided.record,
        other => panic!("{other:?}"),
    };
    let deleting = |s: &str| {
        let record = offboarding(fresh.clone());
        working(record, s)
    };
    match situation {
        "C" => succeeded(fresh),
        "A" => TenantRecord { status: Status::Deactivated, ..succeeded(fresh) },
        "X" => succeeded(offboarding(fresh)),
        "Fon" | "Fon!" => failed(fresh, situation),
        "Foff" | "Foff!" => failed(offboarding(fresh), situation),
        _ if situation.starts_with('P') => working(fresh, situation),
        _ => deleting(situation),
    }
}

fn working(record: TenantRecord, situation: &str) -> TenantRecord {
    match situation.split_once('.').unwrap().1 {
        "w" => record,
        "r" => claimed(record, START),
        _ => turn(claimed(record, START), Failure::new("no room").at("service/orders"), START).record,
    }
}

fn succeeded(record: TenantRecord) -> TenantRecord {
    let sent = report(&record, Verdict::Success);
    apply(record, sent, START).unwrap().decided.record
}

fn failed(record: TenantRecord, situation: &str) -> TenantRecord {
    let mut record = working(record, ".c");
    let failure = if situation.ends_with('!') { Failure::timed_out("too late") } else { Failure::new("no room") };
    record.status = Status::Failed;
    record.operation.as_mut().unwrap().state = OperationState::Failed { at: START, failure };
    record
}

/// A record's situation in the table's letters.
fn code(record: &TenantRecord, before: Option<&TenantRecord>) -> String {
    let operation = record.operation.as_ref().unwrap();
    let mut code = match (record.status, operation.kind) {
        (Status::InProgress, _) => "P",
        (Status::Created, _) => "C",
        (Status::Failed, OperationKind::Onboard) => "Fon",
        (Status::Failed, OperationKind::Offboard) => "Foff",
        (Status::Deleting, _) => "D",
        (Status::Deleted, _) => "X",
        (Status::Deactivated, _) => "A",
    }
    .to_owned();
    code.push_str(match &operation.state {
        OperationState::Waiting { .. } => ".w",
        OperationState::Running { .. } => ".r",
        OperationState::CleaningUp { .. } => ".c",
        OperationState::Failed { failure, .. } if failure.timed_out => "!",
        _ => "",
    });
    if let Some(old) = before.and_then(|b| b.operation.as_ref())
        && old.id == operation.id
        && old.attempt != operation.attempt
    {
        assert_eq!(operation.attempt, old.attempt + 1);
        code.push('\'');
    }
    code
}
