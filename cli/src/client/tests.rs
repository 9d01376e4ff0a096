//! The verbs against a small server of ours, as a shell would run them.

mod events;
mod fake;
mod lists;
mod login;
mod real;
mod registrations;
mod signed_in;

use std::io::{self, Cursor, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use clap::Parser;

use self::fake::Fake;
use super::console::Console;
use super::{ClientCommand, dispatch};

#[derive(Parser)]
struct Shell {
    #[command(subcommand)]
    command: ClientCommand,
}

/// What a verb did.
#[derive(Debug)]
struct Done {
    ended: Result<ExitCode, String>,
    out: String,
    err: String,
}

impl Done {
    /// Its output, if all went well.
    fn well(self) -> String {
        assert_eq!(self.ended, Ok(ExitCode::SUCCESS), "{self:?}");
        self.out
    }

    fn error(&self) -> &str {
        self.ended.as_ref().unwrap_err()
    }
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Runs a line of a shell with some standard input.
async fn shell_with(fake: &Fake, line: &str, input: &str) -> Done {
    shell_at(&fake.url(), &fake.session_file(), line, input).await
}

async fn shell_at(api: &str, session: &Path, line: &str, input: &str) -> Done {
    let session = session.display().to_string();
    let flags = ["--api-url", api, "--session", &session];
    let words = ["tenantry"].into_iter().chain(line.split(' ')).chain(flags);
    let command = Shell::try_parse_from(words).unwrap().command;
    let (out, err) = (Paper::default(), Paper::default());
    let mut console = Console {
        input: Box::new(Cursor::new(input.to_owned())),
        asks: false,
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
    };
    let ended = dispatch(command, &mut console).await.map_err(|error| format!("{error:#}"));
    Done { ended, out: out.text(), err: err.text() }
}

async fn shell(fake: &Fake, line: &str) -> Done {
    shell_with(fake, line, "").await
}

#[test]
fn the_flags_of_all_verbs_fit_together() {
    <Shell as clap::CommandFactory>::command().debug_assert();
}
