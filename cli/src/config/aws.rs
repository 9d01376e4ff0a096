//! The settings of the roles on AWS. The table says what there is; here values are found, in this order: flag,
//! variable, file, default.

mod adoption;
mod args;
mod common;
mod placing;
mod resolve;
mod state;
mod table;
mod told;
mod values;

pub use self::adoption::AdoptionSettings;
pub use self::args::RoleArgs;
pub use self::common::Common;
pub use self::placing::Placing;
pub use self::resolve::Resolve;
pub use self::state::State;
pub use self::table::{
    Everything, OfAdoption, OfControlPlane, OfGateway, OfProvisioner, Preset, Role, SETTINGS, Setting,
};
pub use self::told::Told;
pub use self::values::Values;
