//! A running `tenantry up`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

pub struct System {
    child: Child,
    pub data: PathBuf,
    pub ready_line: String,
    pub credentials: Value,
}

/// The program under test, with its addresses picked by the machine.
pub fn command(data: &Path, more: &[&str]) -> Command {
    command_at(data, "127.0.0.1:0", more)
}

/// The same with an address for the gateway.
pub fn command_at(data: &Path, gateway: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(["up", "--listen", "127.0.0.1:0", "--gateway-listen", gateway, "--data-dir"]).arg(data);
    command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
pub fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tenantry")).args(args).stdin(Stdio::null()).output().expect("the program runs")
}

/// What a start that must not succeed says on standard error.
pub fn refused(data: &Path, more: &[&str]) -> String {
    let mut child = command(data, more).spawn().expect("the program starts");
    let end = Instant::now() + START;
    while child.try_wait().expect("its state").is_none() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(25));
    }
    // One that runs although it must not is killed, which the exit code below tells.
    let _ = child.kill();
    let Output { status, stdout, stderr } = child.wait_with_output().expect("its output");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(stdout.is_empty(), "it never said that it was ready: {}", String::from_utf8_lossy(&stdout));
    assert!(!said.contains("panicked"), "{said}");
    said
}

impl System {
    pub fn start(data: &Path, more: &[&str]) -> Self {
        Self::of(command(data, more), data)
    }

    pub fn of(mut command: Command, data: &Path) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(data.with_extension("log"))
            .expect("a log file beside the data directory");
        let mut child = command.stderr(log).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let (line, first) = mpsc::channel();
        std::thread::spawn(move || {
            for text in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = line.send(text);
            }
        });
        let ready_line = first.recv_timeout(START).unwrap_or_else(|_| {
            let _ = child.kill();
            let log = std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
            panic!("not ready within {START:?}; its log:\n{log}")
        });
        let credentials = std::fs::read(data.join("credentials.json")).expect("credentials.json");
        let credentials = serde_json::from_slice(&credentials).expect("credentials.json is JSON");
        Self { child, data: data.to_owned(), ready_line, credentials }
    }

    /// Begins, and is killed after a while. True if it was not ready yet.
    pub fn killed_at_start(data: &Path, after: Duration) -> bool {
        let log = std::fs::File::options().create(true).append(true).open(data.with_extension("log")).expect("a log");
        let mut child = command(data, &[]).stderr(log).spawn().expect("the program starts");
        std::thread::sleep(after);
        child.kill().expect("SIGKILL");
        child.wait_with_output().expect("its end").stdout.is_empty()
    }

    pub fn credential(&self, pointer: &str) -> String {
        self.credentials.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}")).to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("its end");
    }

    /// SIGTERM, and how it ended and after how long.
    pub fn terminate(self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        self.ask_to_stop();
        (self.ended(), since.elapsed())
    }

    /// SIGTERM alone.
    pub fn ask_to_stop(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("SIGTERM");
    }

    pub fn ended(mut self) -> ExitStatus {
        self.child.wait().expect("its end")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
