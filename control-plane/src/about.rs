//! What anybody may know: what is sold, how the API is spoken to, whether it is there.

pub(crate) mod catalogue;
pub(crate) mod docs;
pub(crate) mod document;
pub(crate) mod health;
