//! How long requests take, by method, route and status; never by tenant.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Gauge, Histogram};

use crate::metrics::{IN_FLIGHT, REQUEST_SECONDS};

/// Histograms by route, found once and kept: a look-up in the recorder costs more than the measurement.
pub struct Latency {
    routes: RwLock<HashMap<String, Vec<Line>>>,
    in_flight: Gauge,
}

struct Line {
    method: &'static str,
    status: StatusCode,
    histogram: Histogram,
}

/// Counts a request as being answered until it is dropped, whether it was answered or its client went away.
pub struct InFlight<'a>(&'a Gauge);

impl Latency {
    pub fn new() -> Self {
        Self { routes: RwLock::default(), in_flight: metrics::gauge!(IN_FLIGHT) }
    }

    pub fn begin(&self) -> InFlight<'_> {
        self.in_flight.increment(1.0);
        InFlight(&self.in_flight)
    }

    pub fn record(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let method = name(method);
        let known = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let lines = known.get(route).map_or(&[][..], Vec::as_slice);
        if let Some(line) = lines.iter().find(|line| line.method == method && line.status == status) {
            line.histogram.record(took.as_secs_f64());
            return;
        }
        drop(known);
        let histogram = metrics::histogram!(
            REQUEST_SECONDS,
            "method" => method,
            "route" => route.to_owned(),
            "status" => status.as_u16().to_string(),
        );
        histogram.record(took.as_secs_f64());
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.entry(route.to_owned()).or_default().push(Line { method, status, histogram });
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// A client can make up methods; a label cannot take them all.
fn name(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] =
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];
    const NAMES: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.iter().position(|known| known == method).map_or("other", |at| NAMES[at])
}
