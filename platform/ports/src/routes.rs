//! Where a service answers just now.

use std::net::SocketAddr;

use async_trait::async_trait;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;

use crate::runtime::RuntimeError;

#[async_trait]
pub trait Routes: Send + Sync {
    /// An address of the owner's service; none while it has no ready instance.
    async fn locate(&self, owner: &Owner, service: &ServiceName) -> Result<Option<SocketAddr>, RuntimeError>;

    /// It did not answer there, or answered that it is somebody else's: do not say so again without looking.
    fn forget(&self, owner: &Owner, service: &ServiceName, address: SocketAddr);
}
