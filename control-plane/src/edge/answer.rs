//! SBT's envelopes: `{"data": …}`, and a list's `next_token` beside it.

use serde::{Deserialize, Serialize};
use tenantry_ports::page::Page;
use tenantry_web::Json;
use utoipa::ToSchema;

use super::cursor::Cursors;

/// One thing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Data<T> {
    pub data: T,
}

/// A page of a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct List<T> {
    pub data: Vec<T>,
    /// Where the next page begins; absent on the last one. Opaque, and good for the same list only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_token: Option<String>,
}

/// What was done, in words.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Message {
    pub message: String,
}

impl Message {
    pub fn text(text: &str) -> Self {
        Self { message: text.to_owned() }
    }
}

impl<T> List<T> {
    pub fn new(page: Page<T>, cursors: &Cursors, list: &str, filter: &str) -> Json<Self> {
        let next_token = page.next.map(|position| cursors.seal(list, filter, &position));
        Json(Self { data: page.items, next_token })
    }
}
