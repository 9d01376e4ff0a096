//! Who a process number stands for. A number is given again; number, start time and boot together are not.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// What a noted process is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The keeper: one process.
    Supervisor,
    /// The service: leads a process group.
    Command,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Command => "command",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Supervisor, Self::Command].into_iter().find(|role| role.as_str() == text)
    }
}

/// A line by which a later life of this program knows the process again.
pub fn note_line(role: Role, pid: i32) -> io::Result<String> {
    let started = started(pid).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it has ended already"))?;
    Ok(format!("{} {pid} {started} {}\n", role.as_str(), boot()?))
}

/// Kills what a note names and still is what it was, and forgets the note. Returns how many were killed.
pub fn settle(note: &Path) -> io::Result<usize> {
    let killed = kill_noted(note)?;
    match fs::remove_file(note) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(killed),
    }
}

/// As `settle`, for a note of an earlier life. A keeper that is just starting its command ends it by itself, as its
/// lifeline has ended; killed before it has noted the command, it would leave one that nobody knows.
pub fn settle_orphans(note: &Path) -> io::Result<usize> {
    for _ in 0..CAUGHT {
        if !Noted::read(note)?.is_starting() {
            break;
        }
        thread::sleep(MOMENT);
    }
    settle(note)
}

const MOMENT: Duration = Duration::from_millis(5);
/// So many moments a keeper has to note its command.
const CAUGHT: u32 = 200;

/// Kills what a note names, if it is still what it was. A keeper is killed only when its command is known.
pub fn kill_noted(note: &Path) -> io::Result<usize> {
    let noted = Noted::read(note)?;
    let mut killed = noted.commands.iter().filter(|pid| kill_process_group(**pid, Signal::KILL).is_ok()).count();
    if noted.knows_command {
        killed += noted.keepers.iter().filter(|pid| kill_process(**pid, Signal::KILL).is_ok()).count();
    }
    Ok(killed)
}

/// What of a note is alive and is what it was.
#[derive(Default)]
struct Noted {
    keepers: Vec<Pid>,
    commands: Vec<Pid>,
    /// A command was noted, alive or not.
    knows_command: bool,
}

impl Noted {
    fn read(note: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(note) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text?,
        };
        let boot = boot()?;
        let mut noted = Self::default();
        for (role, pid, at) in text.lines().filter_map(|line| parse(line, &boot)) {
            noted.knows_command |= role == Role::Command;
            if started(pid.as_raw_nonzero().get()) != Some(at) {
                continue;
            }
            match role {
                Role::Supervisor => noted.keepers.push(pid),
                Role::Command => noted.commands.push(pid),
            }
        }
        Ok(noted)
    }

    fn is_starting(&self) -> bool {
        !self.keepers.is_empty() && !self.knows_command
    }
}

/// Role, number and start time of a line that was written since this boot.
fn parse(line: &str, this_boot: &str) -> Option<(Role, Pid, u64)> {
    let mut words = line.split(' ');
    let role = Role::parse(words.next()?)?;
    let pid = Pid::from_raw(words.next()?.parse().ok()?)?;
    let at = words.next()?.parse().ok()?;
    (words.next() == Some(this_boot) && words.next().is_none()).then_some((role, pid, at))
}

/// When a process started, in the kernel's ticks since boot; none if there is no such process, or but its corpse.
pub fn started(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so count from behind it: state is the first, start the 20th.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

fn boot() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").process_group(0).spawn().unwrap()
    }

    fn raw(child: &Child) -> i32 {
        i32::try_from(child.id()).unwrap()
    }

    #[test]
    fn noted_processes_are_killed_and_their_note_goes() {
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join("a.note");
        let (mut keeper, mut command) = (sleeper(), sleeper());
        let lines = [(Role::Supervisor, &keeper), (Role::Command, &command)];
        fs::write(&note, lines.map(|(role, child)| note_line(role, raw(child)).unwrap()).concat()).unwrap();
        assert_eq!(settle_orphans(&note).unwrap(), 2);
        assert!(!keeper.wait().unwrap().success() && !command.wait().unwrap().success());
        assert!(!note.exists());
    }

    #[test]
    fn a_keeper_that_has_not_noted_its_command_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join("a.note");
        let (mut keeper, mut command) = (sleeper(), sleeper());
        fs::write(&note, note_line(Role::Supervisor, raw(&keeper)).unwrap()).unwrap();
        assert_eq!(kill_noted(&note).unwrap(), 0);
        assert!(Noted::read(&note).unwrap().is_starting());
        let line = note_line(Role::Command, raw(&command)).unwrap();
        let writes = note.clone();
        let late = thread::spawn(move || {
            thread::sleep(MOMENT * 4);
            // As a keeper does, whose note is never without what it held before.
            fs::OpenOptions::new().append(true).open(&writes).unwrap().write_all(line.as_bytes()).unwrap();
        });
        assert_eq!(settle_orphans(&note).unwrap(), 2);
        late.join().unwrap();
        assert!(!keeper.wait().unwrap().success() && !command.wait().unwrap().success());
    }

    #[test]
    fn a_number_that_was_given_again_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join("a.note");
        let mut foreign = sleeper();
        let pid = raw(&foreign);
        let line = note_line(Role::Command, pid).unwrap();
        let at = started(pid).unwrap();
        let stale = [
            line.replace(&format!(" {at} "), &format!(" {} ", at - 1)),
            line.replace(line.trim().rsplit(' ').next().unwrap(), "another-boot"),
            format!("command {pid}\n"),
            "command 0 0 x\n".to_owned(),
            "nonsense".to_owned(),
        ];
        fs::write(&note, stale.concat()).unwrap();
        assert_eq!(settle(&note).unwrap(), 0);
        assert!(foreign.try_wait().unwrap().is_none(), "a foreign process was killed");
        foreign.kill().unwrap();
        foreign.wait().unwrap();
        assert_eq!(started(pid), None);
    }
}
