//! The suite every identity provider passes.

use std::sync::Arc;

use tenantry_conformance::identity::IdentitySubject;
use tenantry_contract::resource::Owner;

use super::support::{again, tenant};
use crate::sqlite::Mode;

async fn subject() -> IdentitySubject {
    let issuer = again(Arc::new(tempfile::tempdir().unwrap()), 1_795_000_000_000, Mode::Inline).await;
    let identity = Arc::new(issuer.identity.clone());
    let dedicated = tenant("t-own");
    let (stage, _) = issuer.stage().await;
    let (own, _) = identity.ensure_pool(&Owner::Tenant(dedicated.clone())).await.unwrap();
    IdentitySubject {
        admins: identity.clone(),
        users: identity.clone(),
        issuers: identity.clone(),
        pooled: [tenant("t-1"), tenant("t-2")],
        dedicated,
        urls: [issuer.admin.issuer.clone(), identity.issuer_url(&stage), identity.issuer_url(&own)],
        keep: Box::new(issuer.dir),
    }
}

tenantry_conformance::identity_suite!(subject);
