//! What is measured of the gateway. No label names a tenant.

use std::time::Duration;

use http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use tenantry_contract::name::ServiceName;

const REQUESTS: &str = "gateway_requests_total";
const SECONDS: &str = "gateway_request_duration_seconds";
const CLASSES: [&str; 5] = ["2xx", "3xx", "4xx", "429", "5xx"];

/// Of one service, or of requests that name none. Taken once: looking a meter up costs more than using it.
pub struct Meters {
    classes: [Counter; 5],
    seconds: Histogram,
}

impl Meters {
    pub fn new(service: Option<&ServiceName>) -> Self {
        describe_counter!(REQUESTS, "Requests answered by the gateway, by service and class of status");
        describe_histogram!(SECONDS, metrics::Unit::Seconds, "Time to the head of an answer, by service");
        let service = service.map_or_else(|| "none".to_owned(), ToString::to_string);
        let classes = CLASSES.map(|class| {
            let counter = counter!(REQUESTS, "service" => service.clone(), "status" => class);
            counter.increment(0);
            counter
        });
        Self { classes, seconds: histogram!(SECONDS, "service" => service) }
    }

    pub fn note(&self, status: StatusCode, took: Duration) {
        let class = match status.as_u16() {
            429 => 3,
            ..300 => 0,
            300..400 => 1,
            400..500 => 2,
            _ => 4,
        };
        self.classes[class].increment(1);
        self.seconds.record(took);
    }
}
