//! The control plane: the REST API that people and SBT's clients speak to, the consumer of the application
//! planes' reports, and the reaper that ends what has taken too long.
//!
//! Each folder is a thing of the API and holds one file per operation: its handler, its documentation and its
//! tests. A handler takes a request apart (`edge`), calls a port, and renders what came of it. [`ROUTES`]
//! says who may call what.

mod about;
mod edge;
mod events;
mod meters;
mod openapi;
mod operations;
mod orphans;
mod reaper;
mod registrations;
mod reports;
mod router;
mod routes;
mod settings;
mod state;
mod tenant_config;
mod tenants;
mod users;

pub use self::openapi::openapi;
pub use self::reaper::run_reaper;
pub use self::reports::run_reports;
pub use self::router::router;
pub use self::routes::ROUTES;
pub use self::settings::{RateLimit, Settings};
pub use self::state::ControlPlane;
