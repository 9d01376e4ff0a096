//! The gateway's peer: nginx, forwarding to the same upstream with as many workers and the same keep-alive.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;

use crate::context::Context;
use crate::memory::below;

pub struct Nginx {
    child: Child,
    pub at: SocketAddr,
    // Its files, as long as it runs.
    _folder: tempfile::TempDir,
}

impl Nginx {
    pub async fn start(context: &Context, upstream: u16) -> anyhow::Result<Self> {
        let folder = context.folder()?;
        let at = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let conf = folder.path().join("nginx.conf");
        std::fs::write(&conf, configuration(folder.path(), at, upstream, workers()))?;
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&conf)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx, the gateway's peer, is not installed")?;
        let nginx = Self { child, at, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(at).await.is_ok() {
                return Ok(nginx);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("nginx does not listen")
    }

    /// It and its workers.
    pub fn pids(&self) -> Vec<u32> {
        std::iter::once(self.child.id()).chain(below(self.child.id())).collect()
    }
}

/// What tokio starts by itself.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

fn configuration(dir: &Path, at: SocketAddr, upstream: u16, workers: usize) -> String {
    let dir = dir.display();
    format!(
        "daemon off; worker_processes {workers}; pid {dir}/pid; error_log {dir}/error.log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c;
    uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
    keepalive_requests 100000000;
    upstream same {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
    server {{
        listen {at};
        location / {{ proxy_pass http://same; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
    }}
}}
"
    )
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that its workers go too.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
