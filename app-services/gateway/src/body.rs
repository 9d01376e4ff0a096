//! A request's body on its way to a service: streamed, bounded, and kept while it is short, so that a request that
//! reached nobody can be sent again.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

/// A body up to this long can be sent again.
const KEPT: usize = 64 * 1024;
/// Of a body that is refused, so much is taken for so long.
const LINGER_BYTES: usize = 8 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the body is too large")]
    TooLarge(u64),
    #[error("the client broke the body off")]
    Client(#[source] hyper::Error),
}

/// A request's body, from which one [`Sending`] after another can be made.
pub struct Outgoing {
    max: u64,
    started: Instant,
    /// What is not being sent; taken by a [`Sending`], and given back when that is dropped.
    held: Mutex<Option<Held>>,
    /// Milliseconds after `started` at which the client last sent some of it.
    touched: AtomicU64,
    ended: AtomicBool,
}

struct Held {
    rest: Incoming,
    came: u64,
    kept: Vec<Bytes>,
    whole: bool,
}

impl Outgoing {
    /// None for a request without a body.
    pub fn new(body: Incoming, max: u64) -> Option<Arc<Self>> {
        if body.is_end_stream() {
            return None;
        }
        let held = Held { rest: body, came: 0, kept: Vec::new(), whole: true };
        Some(Arc::new(Self {
            max,
            started: Instant::now(),
            held: Mutex::new(Some(held)),
            touched: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        }))
    }

    /// The body from its beginning, unless some of it is gone or still on its way.
    pub fn sending(self: &Arc<Self>) -> Option<Sending> {
        let mut slot = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = slot.take_if(|held| held.whole)?;
        Some(Sending { again: held.kept.iter().cloned().collect(), held: Some(held), from: Arc::clone(self) })
    }

    /// How long ago it began to come.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long the client has sent nothing.
    pub fn idle(&self) -> Duration {
        let touched = Duration::from_millis(self.touched.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(touched)
    }

    /// Whether all of it has come.
    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn touch(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.touched.store(millis, Ordering::Relaxed);
    }
}

/// One try to send a body.
pub struct Sending {
    from: Arc<Outgoing>,
    /// What an earlier try had taken from the client already.
    again: VecDeque<Bytes>,
    held: Option<Held>,
}

/// A body, or none.
pub enum ForwardBody {
    None,
    Some(Box<Sending>),
}

impl Held {
    fn keep(&mut self, data: &Bytes) {
        self.came += data.len() as u64;
        if self.whole && self.came <= KEPT as u64 {
            self.kept.push(data.clone());
        } else {
            self.whole = false;
            self.kept.clear();
        }
    }
}

impl Sending {
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(data) = self.again.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let Some(held) = &mut self.held else { return Poll::Ready(None) };
        let Poll::Ready(frame) = Pin::new(&mut held.rest).poll_frame(context) else { return Poll::Pending };
        self.from.touch();
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(BodyError::Client(error)))),
            None => {
                self.from.ended.store(true, Ordering::Relaxed);
                return Poll::Ready(None);
            }
        };
        // Trailers are of this hop, as `TE` is.
        let Ok(data) = frame.into_data() else {
            self.from.ended.store(true, Ordering::Relaxed);
            return Poll::Ready(None);
        };
        held.keep(&data);
        if held.rest.is_end_stream() {
            self.from.ended.store(true, Ordering::Relaxed);
        }
        if held.came > self.from.max {
            return Poll::Ready(Some(Err(BodyError::TooLarge(self.from.max))));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut slot = self.from.held.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = self.held.take();
    }
}

impl Body for ForwardBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::None => Poll::Ready(None),
            Self::Some(sending) => sending.next(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::None => true,
            Self::Some(sending) => {
                sending.again.is_empty() && sending.held.as_ref().is_none_or(|held| held.rest.is_end_stream())
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let Self::Some(sending) = self else { return SizeHint::with_exact(0) };
        let again: u64 = sending.again.iter().map(|data| data.len() as u64).sum();
        let rest = sending.held.as_ref().map_or_else(|| SizeHint::with_exact(0), |held| held.rest.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + again);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + again);
        }
        hint
    }
}

/// Takes what comes for a while: a client whose connection closes while it still sends never reads the answer.
pub async fn let_finish(mut body: Incoming) {
    let taking = async {
        let mut left = LINGER_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // Late or not, the answer is the same.
    let _ = tokio::time::timeout(LINGER, taking).await;
}
