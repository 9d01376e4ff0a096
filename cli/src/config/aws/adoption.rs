//! What `tenantry aws adopt` is told.

use tenantry_aws::table::Tables;
use tenantry_contract::catalogue::Catalogue;

use super::Values;
use super::common::stage;
use super::state::tables;
use crate::config::parse;

pub struct AdoptionSettings {
    pub tables: Tables,
    pub catalogue: Catalogue,
}

impl AdoptionSettings {
    /// None if something is wrong, which is noted.
    pub fn read(values: &mut Values) -> Option<Self> {
        let stage = values.read("stage", stage);
        let catalogue = values.some("catalogue").map(Into::into);
        let catalogue = parse::catalogue(catalogue, &mut values.faults);
        stage?;
        Some(Self { tables: tables(values), catalogue: catalogue? })
    }
}
