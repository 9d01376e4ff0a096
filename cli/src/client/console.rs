//! Where verbs read and write.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};

/// Answers go to `out`, remarks to `err`.
pub struct Console {
    pub input: Box<dyn BufRead + Send>,
    /// Whether a person is there to be asked.
    pub asks: bool,
    pub out: Box<dyn Write + Send>,
    pub err: Box<dyn Write + Send>,
}

impl Console {
    pub fn standard() -> Self {
        Self {
            input: Box::new(BufReader::new(io::stdin())),
            asks: io::stdin().is_terminal(),
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
        }
    }

    /// A line of input, without its end.
    pub fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.input.read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A document for programs.
    pub fn json(&mut self, value: &serde_json::Value) -> anyhow::Result<()> {
        writeln!(self.out, "{}", serde_json::to_string_pretty(value)?)?;
        Ok(())
    }

    pub fn line(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()?;
        Ok(())
    }

    pub fn remark(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.err, "{text}")?;
        Ok(())
    }
}
