//! Why a try to send a request did not bring an answer, and what the client is told.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;
use tenantry_web::Problem;

use crate::body::BodyError;
use crate::upstream::Target;

/// Why a try did not bring an answer.
pub enum Failed {
    /// Nobody there: nothing was sent.
    Unreached(io::Error),
    /// The connection ended before an answer; the request may have been seen.
    BrokenOff(hyper::Error),
    /// The client's own body was at fault.
    Body(BodyProblem),
    TimedOut,
}

pub enum BodyProblem {
    TooLarge(u64),
    Broken,
    Stalled,
}

/// When a service without a ready instance is worth asking again.
const SOON: Duration = Duration::from_secs(1);

impl Failed {
    /// What broke a connection that was in use.
    pub fn of(error: hyper::Error) -> Self {
        let mut source = error.source();
        while let Some(cause) = source {
            match cause.downcast_ref::<BodyError>() {
                Some(BodyError::TooLarge(limit)) => return Self::Body(BodyProblem::TooLarge(*limit)),
                Some(BodyError::Client(_)) => return Self::Body(BodyProblem::Broken),
                None => source = cause.source(),
            }
        }
        Self::BrokenOff(error)
    }
}

impl BodyProblem {
    pub fn problem(&self) -> Problem {
        match self {
            Self::TooLarge(limit) => tenantry_web::json::too_large(Some(*limit)),
            Self::Broken => Problem::bad_request("The body could not be read."),
            Self::Stalled => Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
        }
    }
}

/// Logged by who gives up, not by who tries again.
fn give_up(target: Target<'_>, problem: Problem, what: &'static str) -> Problem {
    tracing::warn!(service = %target.service, owner = %target.owner, "{what}");
    problem
}

pub fn unavailable(target: Target<'_>) -> Problem {
    let problem = Problem::unavailable(format!("The {} service is not available just now.", target.service));
    give_up(target, problem.retry_after(SOON), "no instance answers")
}

pub fn broken_off(target: Target<'_>) -> Problem {
    let problem = Problem::new(StatusCode::BAD_GATEWAY, format!("The {} service broke off.", target.service));
    give_up(target, problem, "a service broke off")
}

pub fn timed_out(target: Target<'_>) -> Problem {
    let message = format!("The {} service did not answer in time.", target.service);
    give_up(target, Problem::new(StatusCode::GATEWAY_TIMEOUT, message), "a service did not answer in time")
}
