//! What tests of services share: issuers that sign, a clock, ids, tables in memory. They are stateful, and behave as
//! the real ones do.

mod bad_tokens;
mod basics;
mod caller;
mod issuers;
mod routes;
mod table;

pub use self::basics::{CountingIds, TokioClock};
pub use self::caller::Caller;
pub use self::issuers::{Signer, Speaker};
pub use self::routes::assert_shut_to_strangers;
pub use self::table::MemoryTable;

use std::sync::Arc;

use axum::Router;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;
use tenantry_web::{HttpOptions, Verifier};

use crate::{Admission, Frame};

/// A service's routes in their frame, trusting the signer.
pub fn framed(service: &str, owner: Owner, signer: &Arc<Signer>, routes: Router) -> Router {
    let service = ServiceName::parse(service).unwrap_or_else(|e| panic!("{service}: {e}"));
    let verifier = Arc::new(Verifier::new(signer.clone(), Arc::new(TokioClock::default())));
    let http = HttpOptions::new(Arc::new(CountingIds::default()));
    Frame { service, admission: Admission::new(verifier, owner), http }.around(routes)
}
