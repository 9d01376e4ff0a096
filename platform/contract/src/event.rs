//! Events: the `EventBridge` envelope, the names, and what each detail carries.

mod detail;
mod envelope;
mod name;
mod report;
mod schema;

pub use self::detail::{
    offboarding_request, onboarding_request, operation_ended, orphan_found, progress, report_detail,
};
pub use self::envelope::{Draft, Event, EventFault, Sources};
pub use self::name::{EventName, Plane};
pub use self::report::{Report, ReportFault, Verdict};
pub use self::schema::schemas;

/// The version of our members in a detail (`schemaVersion`).
pub const SCHEMA_VERSION: u32 = 1;
