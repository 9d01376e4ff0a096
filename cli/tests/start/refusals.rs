//! Starts that must not succeed.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::support::catalogue;
use crate::support::client::Client;
use crate::support::system::{System, refused, run};

#[test]
fn three_faults_are_told_at_once() {
    let home = tempfile::tempdir().unwrap();
    let broken = catalogue::write(
        home.path(),
        "broken.toml",
        "[[tiers]]\nname = \"basic\"\nplacement = \"somewhere\"\n\
         [[services]]\nname = \"web\"\nport = 1\nhealth_path = \"health\"\ncommand = [\"web\"]\n",
    );
    let data = home.path().join("data");
    let said = refused(&data, &["--catalogue", broken.to_str().unwrap(), "--roles", "gatway"]);
    for part in ["3 faults", "gatway", "tiers.basic.placement", "somewhere", "services.web.health_path"] {
        assert!(said.contains(part), "{part:?} in:\n{said}");
    }
    assert!(!data.exists(), "nothing was written");
}

#[test]
fn a_service_that_only_ecs_could_run_is_named() {
    let home = tempfile::tempdir().unwrap();
    let text = "[[tiers]]\nname = \"basic\"\nplacement = \"pooled\"\n\
         [[services]]\nname = \"web\"\nport = 1\nhealth_path = \"/web/health\"\nimage = \"registry.example.com/web:1\"\n";
    let images = catalogue::write(home.path(), "images.toml", text);
    let data = home.path().join("data");
    let said = refused(&data, &["--catalogue", images.to_str().unwrap(), "--roles", "gatway"]);
    for part in ["2 faults", "gatway", "services.web.command", "only ECS runs"] {
        assert!(said.contains(part), "{part:?} in:\n{said}");
    }
    assert!(!data.exists(), "nothing was written");
}

#[test]
fn a_port_in_use_is_named_with_its_flag() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let taken = TcpListener::bind(taken).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--gateway-listen", "--metrics-listen"] {
        let data = home.path().join("data");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(["up", "--data-dir"]).arg(data);
        for other in ["--listen", "--gateway-listen"].into_iter().filter(|other| *other != flag) {
            command.args([other, "127.0.0.1:0"]);
        }
        let output = command.args([flag, &address]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        let port = address.rsplit(':').next().unwrap();
        assert!(said.contains(port) && said.contains(&format!("{flag} ")), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test]
async fn a_directory_in_use_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let system = System::start(&data, &[]);
    let said = refused(&data, &[]);
    assert!(said.contains("in use by another process") && said.contains(data.to_str().unwrap()), "{said}");
    // The one that holds it has not noticed.
    let client = Client::machine(&system).await;
    client.register("acme", "basic").await;
}

#[tokio::test]
async fn a_directory_of_a_newer_version_is_refused_and_unchanged() {
    for file in ["tenantry.db", "identity.db"] {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let system = System::start(&data, &[]);
        let (status, _) = system.terminate();
        assert!(status.success());
        set_user_version(&data.join(file), 9_999);
        let before = contents(&data);
        let said = refused(&data, &[]);
        assert!(said.contains("newer version") && said.contains("9999") && said.contains(file), "{said}");
        assert_eq!(differing(&before, &contents(&data)), Vec::<&PathBuf>::new());
    }
}

/// Four bytes in SQLite's header, which a closed file has in place.
fn set_user_version(file: &Path, version: u32) {
    let mut bytes = fs::read(file).unwrap();
    bytes[60..64].copy_from_slice(&version.to_be_bytes());
    fs::write(file, bytes).unwrap();
}

/// SQLite's companions aside, which whoever opens another file of the directory first may leave.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let files =
        files.filter(|path| !path.to_string_lossy().ends_with("-wal") && !path.to_string_lossy().ends_with("-shm"));
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn differing<'a>(before: &'a BTreeMap<PathBuf, Vec<u8>>, after: &'a BTreeMap<PathBuf, Vec<u8>>) -> Vec<&'a PathBuf> {
    before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).collect()
}

#[test]
fn a_data_directory_is_asked_for() {
    let output = run(&["up"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("--data-dir"), "{said}");
}
