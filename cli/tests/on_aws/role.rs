//! A role's process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::stage::Stage;

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

pub struct Role {
    child: Child,
    /// Where it answers, without a slash at the end.
    pub url: String,
    log: tempfile::NamedTempFile,
}

/// The program with nothing in its environment but what a role is told.
pub fn command(stage: &Stage, role: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.arg(role).env_clear().envs(stage.environment()).stdin(Stdio::null());
    command
}

impl Role {
    pub fn start(stage: &Stage, role: &str) -> Self {
        Self::spawn(command(stage, role))
    }

    pub fn spawn(mut command: Command) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log.reopen().unwrap()).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("its output");
        let (line, first) = mpsc::channel();
        std::thread::spawn(move || {
            for text in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = line.send(text);
            }
        });
        let Ok(ready) = first.recv_timeout(START) else {
            let _ = child.kill();
            panic!("not ready within {START:?}; its log:\n{}", std::fs::read_to_string(log.path()).unwrap());
        };
        let url = ready.split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
        assert!(url.starts_with("http://"), "{ready}");
        Self { child, url, log }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid().cast_signed()).unwrap(), signal).unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().unwrap()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the log of {}:\n{}", self.url, self.log());
        }
    }
}
