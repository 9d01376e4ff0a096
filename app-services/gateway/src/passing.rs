//! A service's answer on its way back. Reading it is what drives the connection it comes on.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::connections::Lease;

pub struct Passing {
    body: Incoming,
    ended: bool,
    /// None once it was given back.
    lease: Option<Lease>,
}

impl Passing {
    pub fn new(body: Incoming, lease: Lease) -> Self {
        Self { body, ended: false, lease: Some(lease) }
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let mut frame = Pin::new(&mut this.body).poll_frame(context);
        if frame.is_pending()
            && let Some(lease) = &mut this.lease
        {
            lease.drive(context);
            frame = Pin::new(&mut this.body).poll_frame(context);
        }
        this.ended |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // One with some of the answer still on it is closed.
        if (self.ended || self.body.is_end_stream())
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }
}
