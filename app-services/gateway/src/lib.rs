//! The tenants' front door. Of each request it finds out who asks, which tenant that is and where the tenant is
//! placed; it throttles, counts, and forwards to the tenant's service.
//!
//! The tenant is the token's, and what an issuer may speak for is bound to the issuer by us; neither a path nor a
//! header nor a body has a say. The path a request takes here is plain hyper: it is the hot one.

mod answer;
mod body;
mod closing;
mod config;
mod connections;
mod cors;
mod fault;
mod gateway;
mod headers;
mod hosts;
mod identify;
mod meters;
mod passing;
mod path;
mod quota;
mod request_id;
mod serve;
mod standing;
mod throttle;
mod upstream;

pub use self::answer::GatewayBody;
pub use self::closing::heed_closings;
pub use self::config::{GatewayConfig, GatewayDeps};
pub use self::gateway::{Client, Gateway};
pub use self::headers::ISSUER_COOKIES;
pub use self::serve::serve;
