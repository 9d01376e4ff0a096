//! `GET /events`

use axum::extract::State;
use tenantry_contract::event::Event;
use tenantry_web::{Json, Problem};

use super::filter;
use super::view::EventDoc;
use crate::edge::answer::List;
use crate::edge::page::{MOST, PageDoc, Params};
use crate::state::Shared;

const LIST: &str = "/events";

/// List recent events
///
/// The newest comes first. They are kept for a while, not for ever. A page may be shorter than asked for, or empty:
/// there are more as long as it has a `next_token`.
#[utoipa::path(
    get,
    path = "/events",
    tag = "Events",
    operation_id = "listEvents",
    params(
        PageDoc,
        ("tenantId" = Option<String>, Query, description = "This tenant's only"),
        ("detailType" = Option<String>, Query, description = "These only, such as `sbt_aws_provisionSuccess`"),
    ),
    responses(
        (status = 200, description = "A page", body = List<EventDoc>),
        (status = 422, description = "A bad limit, token or filter"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.event.list", skip_all)]
pub(crate) async fn handler(State(app): State<Shared>, params: Params) -> Result<Json<List<Event>>, Problem> {
    let wanted = filter::parse(&params)?;
    let narrowed = filter::text(&wanted);
    let page = params.page(&app.cursors, LIST, &narrowed, MOST)?;
    // The envelope is a wire format already.
    let page = app.cp.log.recent(&wanted, page).await?;
    Ok(List::new(page, &app.cursors, LIST, &narrowed))
}
