//! Threads for what nobody waits for at the end of a request: the provisioner, and the reports it makes. They give way
//! to the threads that answer, so a burst of registrations is written down at once and worked off as there is room.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime of its own. Dropping it leaves its tasks where they are, so end them before.
pub struct Background(Option<Runtime>);

impl Background {
    pub fn start() -> io::Result<Self> {
        let built =
            Builder::new_multi_thread().enable_all().thread_name("background").on_thread_start(give_way).build();
        Ok(Self(Some(built?)))
    }

    pub fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A runtime must not be waited for where tasks run.
            runtime.shutdown_background();
        }
    }
}

/// A tenth of what a thread that answers gets while both have work, and all there is otherwise.
#[cfg(target_os = "linux")]
fn give_way() {
    const NICE: i32 = 10;
    // Linux keeps niceness by the thread. Without it everything works, only with less regard.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::warn!(%error, "the provisioner's threads do not give way to others");
    }
}

/// Elsewhere niceness is the process's.
#[cfg(not(target_os = "linux"))]
fn give_way() {}
