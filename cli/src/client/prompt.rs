//! Asking the person at the terminal, without showing a password.

use std::io::{self, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::console::Console;
use super::error::ClientError;

/// A line of standard input, such as a password from a script.
pub fn stdin_line(console: &mut Console, what: &str) -> Result<String, ClientError> {
    let line = console.read_line().map_err(|error| ClientError::Usage(format!("cannot read {what}: {error}")))?;
    if line.is_empty() {
        return Err(ClientError::Usage(format!("standard input has no line with {what}")));
    }
    Ok(line)
}

pub fn text(console: &mut Console, question: &str) -> Result<String, ClientError> {
    ask(console, question, false)
}

pub fn password(console: &mut Console, question: &str) -> Result<String, ClientError> {
    ask(console, question, true)
}

/// Twice, until both are the same.
pub fn new_password(console: &mut Console) -> Result<String, ClientError> {
    loop {
        let first = password(console, "New password: ")?;
        if first == password(console, "The same again: ")? {
            return Ok(first);
        }
        console.remark("They differ; once more.").map_err(|error| ClientError::Usage(error.to_string()))?;
    }
}

fn ask(console: &mut Console, question: &str, hidden: bool) -> Result<String, ClientError> {
    if !console.asks {
        let flags = "use --user and --password-stdin, or --credentials with --new-password-stdin";
        return Err(ClientError::Usage(format!("standard input is no terminal to ask at: {flags}")));
    }
    let failed = |error: io::Error| ClientError::Usage(format!("cannot ask at the terminal: {error}"));
    write!(console.err, "{question}").and_then(|()| console.err.flush()).map_err(failed)?;
    if !hidden {
        return console.read_line().map_err(failed);
    }
    let silence = Silence::begin().map_err(failed)?;
    let line = console.read_line();
    drop(silence);
    let _ = writeln!(console.err);
    line.map_err(failed)
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
