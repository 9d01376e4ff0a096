//! The load: many connections in one thread, each with one request in flight.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use futures::future::try_join_all;
use tokio::time::{Instant, sleep_until};

use crate::stats::{Took, per_second};
use crate::wire::Wire;

/// As the targets say.
pub const CONNECTIONS: u32 = 64;
/// Not counted.
const WARM: Duration = Duration::from_millis(700);

pub struct Measured {
    pub per_second: f64,
    pub p99: f64,
    /// Requests in all, those that are not counted too.
    pub sent: usize,
}

/// Who sends what: writes the next request into the buffer.
pub type Render<'a> = &'a dyn Fn(&mut Vec<u8>);

/// Sends as fast as answers come, or at `rate` requests per second in all.
pub async fn drive(
    at: SocketAddr,
    expect: u16,
    span: Duration,
    rate: Option<f64>,
    render: Render<'_>,
) -> anyhow::Result<Measured> {
    let (took, all) = (RefCell::new(Took::default()), Cell::new(0_usize));
    let begin = Instant::now();
    let (from, until) = (begin + WARM, begin + WARM + span);
    let one = async |place: u32| {
        let mut wire = Wire::connect(at).await?;
        let mut request = Vec::with_capacity(1024);
        let pause = rate.map(|rate| Duration::from_secs_f64(f64::from(CONNECTIONS) / rate));
        let mut due = begin + pause.unwrap_or_default() * place / CONNECTIONS;
        loop {
            let sent = match pause {
                None => Instant::now(),
                // A request that had to wait for the one before has been waiting since it was due.
                Some(pause) => {
                    let was_due = due;
                    due += pause;
                    if Instant::now() < was_due {
                        sleep_until(was_due).await;
                        Instant::now()
                    } else {
                        was_due
                    }
                }
            };
            if sent >= until {
                return Ok(());
            }
            request.clear();
            render(&mut request);
            let (status, body) = wire.call(&request).await?;
            if status != expect {
                bail!("answered {status}: {}", String::from_utf8_lossy(body));
            }
            all.set(all.get() + 1);
            let done = Instant::now();
            if done >= from && done < until {
                took.borrow_mut().push(done - sent);
            }
        }
    };
    try_join_all((0..CONNECTIONS).map(one)).await?;
    let mut took = took.into_inner();
    Ok(Measured { per_second: per_second(took.count(), span), p99: took.percentile(0.99), sent: all.get() })
}
