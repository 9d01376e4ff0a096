//! One supervised process: its keeper, its lifeline, its output and its note.

use std::io::{self, PipeReader};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::log::LogFile;
use crate::runtime::procfs;
use crate::supervise;

/// What a keeper needs beyond the command's own grace to say goodbye.
const MARGIN: Duration = Duration::from_secs(1);
/// Output that is still under way when a process has ended.
const LAST_WORDS: Duration = Duration::from_millis(250);

pub struct Supervised {
    keeper: Child,
    /// The keeper ends its command when this closes: by us, or with us.
    lifeline: Option<ChildStdin>,
    output: JoinHandle<()>,
    note: PathBuf,
}

pub struct Start<'a> {
    /// The program whose `supervise` keeps the command.
    pub keeper: &'a Path,
    pub program: &'a Path,
    pub args: &'a [String],
    /// All of the command's environment.
    pub environment: &'a [(String, String)],
    pub note: PathBuf,
    pub log: Arc<Mutex<LogFile>>,
}

impl Supervised {
    pub fn start(start: Start<'_>) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let mut keeper = Command::new(start.keeper)
            .arg("supervise")
            .arg("--note")
            .arg(&start.note)
            .arg("--")
            .arg(start.program)
            .args(start.args)
            .env_clear()
            .envs(start.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            // A Ctrl-C at the terminal is for us; the services end in order.
            .process_group(0)
            .spawn()?;
        let lifeline = keeper.stdin.take();
        if let Some(pid) = keeper.id() {
            note(&start.note, pid)?;
        }
        let output = tokio::spawn(copy(receiver(reader)?, start.log));
        Ok(Self { keeper, lifeline, output, note: start.note })
    }

    /// Waits for its end. May be given up and called again.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.keeper.wait().await
    }

    /// After its end: leaves nothing behind, and waits a moment for what it said last.
    pub async fn settle(mut self) -> io::Result<()> {
        // The keeper has seen its command's end, unless it was killed itself.
        procfs::settle(&self.note)?;
        let _ = timeout(LAST_WORDS, &mut self.output).await;
        self.output.abort();
        Ok(())
    }

    /// Asks it to end, waits, and makes it.
    pub async fn end(mut self) -> io::Result<()> {
        drop(self.lifeline.take());
        if timeout(supervise::GRACE + MARGIN, self.ended()).await.is_err() {
            procfs::kill_noted(&self.note)?;
            self.keeper.start_kill()?;
            self.ended().await?;
        }
        self.settle().await
    }
}

fn note(note: &Path, pid: u32) -> io::Result<()> {
    use std::io::Write as _;
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    match procfs::note_line(procfs::Role::Supervisor, pid) {
        // It has ended at once; whoever waits for it will see.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        line => std::fs::OpenOptions::new().create(true).append(true).open(note)?.write_all(line?.as_bytes()),
    }
}

fn receiver(reader: PipeReader) -> io::Result<Receiver> {
    Receiver::from_owned_fd(reader.into())
}

/// Until everybody who could write has ended. A write to a log goes to the page cache, so it need not leave
/// this thread.
async fn copy(mut from: Receiver, log: Arc<Mutex<LogFile>>) {
    let mut buffer = vec![0; 4096];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                let written = log.lock().unwrap_or_else(PoisonError::into_inner).write(&buffer[..n]);
                if let Err(error) = written {
                    // The service must not stop because nobody can keep what it says.
                    tracing::debug!(%error, "a service's output was lost");
                }
            }
        }
    }
}
