//! `credentials.json`: where everything is and how to get in. Written anew at every start.

use std::path::Path;

use serde::Serialize;

use anyhow::Context;
use tenantry_embedded::identity::AdminPool;

use crate::files::write_private;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// None if the control plane does not run.
    pub api_url: Option<String>,
    /// None if the gateway does not run.
    pub gateway_url: Option<String>,
    /// None until there is a portal.
    pub portal_url: Option<String>,
    pub issuer: String,
    pub user_client_id: String,
    pub admin: FirstAdmin,
    pub machine: Machine,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstAdmin {
    pub user_name: String,
    /// The first one; it has to be changed at the first sign-in.
    pub password: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub client_id: String,
    pub client_secret: String,
}

impl Credentials {
    /// From the URLs of the API and the gateway, where they run, and the admins' pool.
    pub fn new((api, gateway): (Option<&str>, Option<&str>), admins: AdminPool) -> Self {
        Self {
            api_url: api.map(|url| format!("{url}/")),
            gateway_url: gateway.map(|url| format!("{url}/")),
            portal_url: None,
            issuer: admins.issuer,
            user_client_id: admins.user_client.into(),
            admin: FirstAdmin { user_name: admins.first_admin.user_name, password: admins.first_admin.password },
            machine: Machine { client_id: admins.machine_client.into(), client_secret: admins.machine_secret },
        }
    }

    pub fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let path = dir.join("credentials.json");
        write_private(&path, &serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
