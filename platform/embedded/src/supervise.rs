//! `tenantry supervise -- COMMAND ARGS…`: a service's keeper.
//!
//! It starts the command in a process group of its own and holds the reading end of its parent's lifeline, which is
//! its standard input. When the lifeline ends, because the parent let go or was killed, the group is asked to end
//! and, after a grace, made to. So no service outlives its parent. (`PDEATHSIG` would follow the parent's thread.)

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::runtime::procfs;

/// How long a group has to end by itself.
pub const GRACE: Duration = Duration::from_secs(3);

/// The shell's words for "found, but cannot be run", "not found", and "used wrongly".
pub const NOT_RUNNABLE: u8 = 126;
pub const NOT_FOUND: u8 = 127;
const MISUSED: u8 = 64;

/// What follows `supervise`: `[--note FILE] -- COMMAND ARGS…`. The note is where the command's process is
/// written down for a later sweep.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let Some((note, command)) = parse(&args) else {
        complain("usage: tenantry supervise [--note FILE] -- COMMAND ARGS…");
        return ExitCode::from(MISUSED);
    };
    match run(note, command) {
        Ok(status) => ExitCode::from(as_code(status)),
        Err(error) => {
            complain(&format!("cannot run {}: {error}", command[0].display()));
            let missing = error.kind() == io::ErrorKind::NotFound;
            ExitCode::from(if missing { NOT_FOUND } else { NOT_RUNNABLE })
        }
    }
}

fn parse(args: &[OsString]) -> Option<(Option<&Path>, &[OsString])> {
    let (note, rest) = match args {
        [flag, file, rest @ ..] if flag == OsStr::new("--note") => (Some(Path::new(file)), rest),
        rest => (None, rest),
    };
    match rest {
        [dashes, command @ ..] if dashes == OsStr::new("--") && !command.is_empty() => Some((note, command)),
        _ => None,
    }
}

fn run(note: Option<&Path>, command: &[OsString]) -> io::Result<ExitStatus> {
    let mut child = Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).process_group(0).spawn()?;
    let pid = Pid::from_child(&child);
    if let Some(note) = note
        && let Err(error) = write_down(note, pid)
    {
        complain(&format!("cannot note process {}: {error}", pid.as_raw_nonzero()));
    }
    let group = Arc::new(Group { leader: pid, gone: Mutex::new(false) });
    let held = Arc::clone(&group);
    let watching = thread::Builder::new().name("lifeline".into()).stack_size(64 * 1024).spawn(move || {
        wait_for_end_of_input();
        held.signal(Signal::TERM);
        thread::sleep(GRACE);
        held.signal(Signal::KILL);
    });
    if watching.is_err() {
        // Better no service than one that nobody could end.
        group.signal(Signal::KILL);
    }
    // A leader that has ended but is not reaped keeps its number, so that the group's cannot become another's.
    while let Err(error) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
        if error != rustix::io::Errno::INTR {
            return Err(error.into());
        }
    }
    group.end();
    child.wait()
}

/// A process group that may be signalled until its leader is reaped.
struct Group {
    leader: Pid,
    gone: Mutex<bool>,
}

impl Group {
    fn signal(&self, signal: Signal) {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        if !*gone {
            // It may have ended by itself, which is what we want.
            let _ = kill_process_group(self.leader, signal);
        }
    }

    /// Ends what the leader left behind.
    fn end(&self) {
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = kill_process_group(self.leader, Signal::KILL);
        *gone = true;
    }
}

fn wait_for_end_of_input() {
    let mut buffer = [0; 64];
    loop {
        match io::stdin().lock().read(&mut buffer) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}

fn write_down(note: &Path, pid: Pid) -> io::Result<()> {
    let line = procfs::note_line(procfs::Role::Command, pid.as_raw_nonzero().get())?;
    OpenOptions::new().append(true).create(true).open(note)?.write_all(line.as_bytes())
}

/// As a shell tells it: 128 and the signal's number for a command that a signal ended.
fn as_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

/// To the service's log, where the parent looks for why a service does not come up.
fn complain(what: &str) {
    let _ = writeln!(io::stderr(), "supervise: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_command_follows_two_dashes() {
        assert_eq!(parse(&words("-- a --note b")), Some((None, &words("a --note b")[..])));
        assert_eq!(parse(&words("--note f -- a")), Some((Some(Path::new("f")), &words("a")[..])));
        for bad in ["", "a", "--", "--note f", "--note f a", "--note -- a"] {
            assert_eq!(parse(&words(bad)), None, "{bad:?}");
        }
    }
}
