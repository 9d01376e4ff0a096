//! Randomness and ids, injected.

use tenantry_contract::id::{EventId, NotAnId, OperationId, RegistrationId, TenantId};

/// Where unpredictable bits and fresh ids come from.
pub trait Ids: Send + Sync {
    /// Fills with bits nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    /// A new id, never given before; later ones sort after earlier ones (`UUIDv7`), so that stores append.
    fn fresh(&self) -> String;
}

/// Typed ids from [`Ids::fresh`].
pub trait MintIds: Ids {
    fn tenant(&self) -> TenantId {
        minted(self.fresh(), TenantId::parse)
    }
    fn registration(&self) -> RegistrationId {
        minted(self.fresh(), RegistrationId::parse)
    }
    fn operation(&self) -> OperationId {
        minted(self.fresh(), OperationId::parse)
    }
    fn event(&self) -> EventId {
        minted(self.fresh(), EventId::parse)
    }
}

impl<T: Ids + ?Sized> MintIds for T {}

fn minted<T>(text: String, parse: fn(String) -> Result<T, NotAnId>) -> T {
    match parse(text) {
        Ok(id) => id,
        Err(e) => unreachable!("an id source made a text that is no id: {e}"),
    }
}
