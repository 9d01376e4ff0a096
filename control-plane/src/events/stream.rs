//! `GET /events/stream`

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use futures::Stream;
use futures::stream;
use http::HeaderMap;
use tenantry_contract::event::Event;
use tenantry_contract::id::RegistrationId;
use tenantry_ports::error::Retry;
use tenantry_ports::log::EventFilter;
use tenantry_ports::page::Position;
use tenantry_web::problem::chain;
use tenantry_web::{Caller, Problem};
use tokio::time::Instant;

use super::filter;
use super::streams::Slot;
use crate::edge::faults::fault;
use crate::edge::page::Params;
use crate::state::Shared;

const LIST: &str = "/events/stream";

/// Proxies cut what is silent; 15 s is promised.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long one look at the log waits for something new.
const LOOK: Duration = Duration::from_secs(20);

const BATCH: usize = 100;

/// Follow events live
///
/// Server-sent events: `event` is the detail type, `data` the envelope, `id` a place to go on from, sent back as
/// `Last-Event-ID`. Without one the stream begins with what comes next. There is a comment at least every 15 s.
/// It ends with the token's life or the server's: come back with the last id. One client may have 20 open.
#[utoipa::path(
    get,
    path = "/events/stream",
    tag = "Events",
    operation_id = "streamEvents",
    params(
        ("tenantId" = Option<String>, Query, description = "This tenant's only"),
        ("detailType" = Option<String>, Query, description = "These only"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that came"),
    ),
    responses(
        (status = 200, description = "Events, as they happen", body = String, content_type = "text/event-stream"),
        (status = 422, description = "A bad filter or id"),
        (status = 429, description = "The client has as many streams open as it may"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.event.stream", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    Caller(caller): Caller,
    params: Params,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Frame, Infallible>>>, Problem> {
    let wanted = filter::parse(&params)?;
    let narrowed = filter::text(&wanted);
    let slot = app.streams.open(&caller)?;
    let after = match headers.get("last-event-id").filter(|id| !id.is_empty()) {
        Some(id) => {
            let position = id.to_str().ok().and_then(|id| app.cursors.open(LIST, &narrowed, id));
            position.ok_or_else(|| fault("Last-Event-ID", "must be an id of this stream, with the same filter"))?
        }
        None => app.cp.log.end().await?,
    };
    let tenant = match &wanted.tenant {
        Some(id) => app.cp.store.tenant(id).await?,
        None => None,
    };
    let registration = tenant.map(|record| record.registration_id);
    let until = Instant::now() + caller.expires.since(app.cp.clock.now());
    let follower = Follower { app, wanted, registration, narrowed, after, ready: VecDeque::new(), until, _slot: slot };
    let frames = stream::unfold(follower, |mut follower| async move {
        let frame = follower.next().await?;
        Some((Ok(frame), follower))
    });
    Ok(Sse::new(frames).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("alive")))
}

struct Follower {
    app: Shared,
    wanted: EventFilter,
    /// Of the wanted tenant. Ids are made with the record: one that is not known now is of no tenant later.
    registration: Option<RegistrationId>,
    narrowed: String,
    after: Position,
    ready: VecDeque<(Position, Event)>,
    /// A stream outlives its token no more than a request does.
    until: Instant,
    /// It is one of so many.
    _slot: Slot,
}

impl Follower {
    /// The next event that the filter lets through; none at the end of the stream.
    async fn next(&mut self) -> Option<Frame> {
        let stop = self.app.cp.stop.clone();
        loop {
            while let Some((position, event)) = self.ready.pop_front() {
                if filter::lets_through(&self.wanted, self.registration.as_ref(), &event) {
                    return self.frame(&position, &event);
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                () = tokio::time::sleep_until(self.until) => return None,
                looked = look(&self.app, &self.after) => self.ready = looked?.into(),
            }
            if let Some((last, _)) = self.ready.back() {
                self.after = last.clone();
            }
        }
    }

    fn frame(&self, position: &Position, event: &Event) -> Option<Frame> {
        let id = self.app.cursors.seal(LIST, &self.narrowed, position);
        let frame = Frame::default().id(id).event(&event.detail_type).json_data(event);
        frame.map_err(|error| tracing::error!(%error, "an event did not serialize")).ok()
    }
}

/// One look at the log. A log that cannot be read just now is asked again; one that is broken ends the stream.
async fn look(app: &Shared, after: &Position) -> Option<Vec<(Position, Event)>> {
    loop {
        match app.cp.log.follow(after, BATCH, LOOK).await {
            Ok(events) => return Some(events),
            Err(error) => match error.retryable() {
                Retry::After(pause) => {
                    tracing::warn!(error = %chain(&error), "the event log did not answer a stream; asking again");
                    tokio::time::sleep(pause).await;
                }
                Retry::Never => {
                    tracing::error!(error = %chain(&error), "the event log failed; a stream ends");
                    return None;
                }
            },
        }
    }
}
