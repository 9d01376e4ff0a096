//! What was asked for, and where to do it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

const USAGE: &str = "targets [--quick] [--only NAME]... [--dir DIR] [--program FILE]
  NAME: start, memory, registrations, onboarding, dedicated, gateway, pages; aws with scripts/bench.sh --aws";

pub struct Context {
    /// The program that is measured.
    pub program: PathBuf,
    pub quick: bool,
    only: Vec<String>,
    /// On a real disk: what is durable is measured.
    dir: PathBuf,
}

impl Context {
    pub fn parse(args: &mut impl Iterator<Item = String>) -> Result<Self, String> {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let mut context = Self { program: env!("CARGO_BIN_EXE_tenantry").into(), quick: false, only: Vec::new(), dir };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                // Cargo says so.
                "--bench" => {}
                "--quick" => context.quick = true,
                "--only" => context.only.push(args.next().ok_or(USAGE)?),
                "--program" => context.program = args.next().ok_or(USAGE)?.into(),
                "--dir" => context.dir = args.next().ok_or(USAGE)?.into(),
                _ => return Err(USAGE.into()),
            }
        }
        std::fs::create_dir_all(&context.dir).map_err(|e| format!("{}: {e}", context.dir.display()))?;
        if in_memory(&context.dir) {
            eprintln!("{} is not on a disk; give one with --dir, or durability costs nothing", context.dir.display());
        }
        Ok(context)
    }

    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// A folder that goes when it is dropped.
    pub fn folder(&self) -> anyhow::Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(&self.dir)?)
    }

    /// How often each thing is measured; the median is what counts.
    pub fn runs(&self) -> usize {
        if self.quick { 1 } else { 5 }
    }

    /// For how long, each time.
    pub fn span(&self) -> Duration {
        Duration::from_secs(if self.quick { 2 } else { 4 })
    }
}

fn in_memory(dir: &Path) -> bool {
    const TMPFS: i64 = 0x0102_1994;
    rustix::fs::statfs(dir).is_ok_and(|fs| fs.f_type == TMPFS)
}
