//! A parent that is killed: nothing of it goes on.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::{PATIENCE, World, little, runs, until};

/// A parent, and the processes of its services: one that ends when asked, one that does not.
async fn parent(dir: &std::path::Path) -> (Child, Vec<i32>) {
    let mut parent = Command::new(little())
        .arg("parent")
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut pids = Vec::new();
    while let Some(line) = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        match line.parse() {
            Ok(pid) => pids.push(pid),
            Err(_) => break,
        }
    }
    assert_eq!(pids.len(), 2, "the parent did not come up");
    assert!(pids.iter().all(|pid| runs(*pid)));
    (parent, pids)
}

/// Processes whose command line names the directory or whose parent is one of `of`.
fn children(of: i32) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .ok()
            .and_then(|stat| stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok())
            == Some(of)
    })
    .collect()
}

#[tokio::test]
async fn no_service_outlives_a_killed_parent() {
    let dir = tempfile::tempdir().unwrap();
    let (mut parent, pids) = parent(dir.path()).await;
    let keepers = children(i32::try_from(parent.id().unwrap()).unwrap());
    assert_eq!(keepers.len(), 2);
    parent.kill().await.unwrap();
    // No sweep helps here: the lifelines alone do it, also where a service does not listen.
    let all: Vec<i32> = pids.into_iter().chain(keepers).collect();
    until("services and keepers have ended", async || !all.iter().any(|pid| runs(*pid))).await;
}

#[tokio::test]
async fn a_start_ends_what_lost_its_keeper_too() {
    let dir = tempfile::tempdir().unwrap();
    let (mut parent, pids) = parent(dir.path()).await;
    let id = i32::try_from(parent.id().unwrap()).unwrap();
    let keepers = children(id);
    let pid = |raw| Pid::from_raw(raw).unwrap();
    // Held still, the parent cannot mend what is done to its keepers.
    kill_process(pid(id), Signal::STOP).unwrap();
    for keeper in keepers {
        kill_process(pid(keeper), Signal::KILL).unwrap();
    }
    parent.kill().await.unwrap();
    assert!(pids.iter().all(|pid| runs(*pid)), "the test is to begin with orphans");

    let world = World::open(dir.path(), &little());
    until("the orphans have ended", async || !pids.iter().any(|pid| runs(*pid))).await;
    assert_eq!(std::fs::read_dir(dir.path().join("run")).unwrap().count(), 0);

    let shop = world.service("shop", 1);
    world.until_ready(&shop).await;
    world.until_removed(&shop).await;
}
