//! A user as clients see it.

use serde::{Deserialize, Serialize};
use tenantry_ports::identity::Admin;
use tenantry_web::Problem;
use utoipa::ToSchema;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserView {
    pub user_name: String,
    /// Free text; one that names a group, such as `SystemAdmin`, gives its rights.
    pub user_role: String,
    pub email: String,
    /// Such as `FORCE_CHANGE_PASSWORD` or `CONFIRMED`.
    pub status: String,
    pub enabled: bool,
    #[schema(format = "date-time")]
    pub created: String,
    #[schema(format = "date-time")]
    pub modified: String,
}

impl From<Admin> for UserView {
    fn from(admin: Admin) -> Self {
        Self {
            user_name: admin.name,
            user_role: admin.role,
            email: admin.email,
            status: admin.status,
            enabled: admin.enabled,
            created: admin.created.to_string(),
            modified: admin.modified.to_string(),
        }
    }
}

pub(crate) fn not_found(id: &str) -> Problem {
    Problem::not_found(format!("User {id} not found."))
}
