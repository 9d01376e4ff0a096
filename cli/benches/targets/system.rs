//! A running `tenantry up`.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::context::Context;

pub struct System {
    child: Child,
    dir: PathBuf,
    /// From the start of the process to its word that it is ready.
    pub took: Duration,
    pub api: SocketAddr,
    /// None where no gateway runs.
    gateway: Option<SocketAddr>,
    credentials: Value,
}

impl System {
    /// Starts the program on a data directory; its log goes into a file beside it.
    pub fn start(context: &Context, dir: &Path, more: &[&str]) -> anyhow::Result<Self> {
        let log = std::fs::File::options().create(true).append(true).open(dir.with_extension("log"))?;
        let mut command = Command::new(&context.program);
        command.args(["up", "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0", "--data-dir"]).arg(dir);
        command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let since = Instant::now();
        let mut child = command.spawn().with_context(|| context.program.display().to_string())?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
        let took = since.elapsed();
        if !line.contains("ready") {
            let log = std::fs::read_to_string(dir.with_extension("log")).unwrap_or_default();
            bail!("it did not start: {line}{log}");
        }
        let credentials: Value = serde_json::from_slice(&std::fs::read(dir.join("credentials.json"))?)?;
        let address = |member: &str| -> anyhow::Result<Option<SocketAddr>> {
            let Some(url) = credentials[member].as_str() else { return Ok(None) };
            Ok(Some(url.trim_start_matches("http://").trim_end_matches('/').parse()?))
        };
        let (api, gateway) = (address("apiUrl")?.context("the API's URL")?, address("gatewayUrl")?);
        Ok(Self { child, dir: dir.to_owned(), took, api, gateway, credentials })
    }

    pub fn gateway(&self) -> anyhow::Result<SocketAddr> {
        self.gateway.context("no gateway runs")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn credential(&self, pointer: &str) -> anyhow::Result<&str> {
        self.credentials.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer}"))
    }

    /// The temporary password that was mailed to an address.
    pub async fn mailed_password(&self, email: &str) -> anyhow::Result<String> {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            for file in std::fs::read_dir(self.dir.join("mail"))?.filter_map(Result::ok) {
                let mail = std::fs::read_to_string(file.path()).unwrap_or_default();
                if let Some((_, rest)) = mail.split_once("Temporary password: ")
                    && mail.contains(email)
                {
                    return Ok(rest.lines().next().unwrap_or_default().trim().to_owned());
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("no mail to {email}")
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // It has ended, or something failed and nothing more is asked of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
