//! What a service works with, wherever it runs: its tables, and its tenant's users.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use tenantry_embedded::data::LocalTable;
use tenantry_embedded::identity::remote::RemoteTenantUsers;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::TenantUsers;
use tenantry_ports::ids::Ids;
use tenantry_tenancy::{ServiceConfig, Table, TablePlace, UsersAccess};

#[cfg(feature = "aws")]
use super::on_aws::Aws;

pub struct World<'a> {
    config: &'a ServiceConfig,
    ids: Arc<dyn Ids>,
    /// If any of it is there.
    #[cfg(feature = "aws")]
    aws: Option<Aws>,
}

impl<'a> World<'a> {
    #[cfg(feature = "aws")]
    pub async fn open(config: &'a ServiceConfig, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> anyhow::Result<Self> {
        let aws = if needs_aws(config) { Some(Aws::open(clock, Arc::clone(&ids)).await?) } else { None };
        Ok(Self { config, ids, aws })
    }

    #[cfg(not(feature = "aws"))]
    pub async fn open(config: &'a ServiceConfig, _: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> anyhow::Result<Self> {
        if needs_aws(config) {
            bail!("this service's tables or users are on AWS, which needs a build with `--features aws`");
        }
        std::future::ready(Ok(Self { config, ids })).await
    }

    pub fn ids(&self) -> Arc<dyn Ids> {
        Arc::clone(&self.ids)
    }

    pub fn table(&self, name: &str) -> anyhow::Result<Table> {
        match self.config.table(name).ok_or_else(|| anyhow!("no place for the table {name}"))? {
            TablePlace::File(path) => Ok(Table::new(Arc::new(LocalTable::open(path.as_ref())?))),
            #[cfg(feature = "aws")]
            place @ TablePlace::DynamoDb { .. } => self.aws()?.table(self.config, place),
            #[cfg(not(feature = "aws"))]
            TablePlace::DynamoDb { table, .. } => bail!("the table {table} is on AWS"),
        }
    }

    pub fn users(&self) -> anyhow::Result<Arc<dyn TenantUsers>> {
        match &self.config.users {
            Some(UsersAccess::Issuer { url, token }) => Ok(Arc::new(RemoteTenantUsers::connect(url, token.clone())?)),
            #[cfg(feature = "aws")]
            Some(UsersAccess::Cognito { table }) => self.aws()?.users(self.config, table),
            #[cfg(not(feature = "aws"))]
            Some(UsersAccess::Cognito { table }) => bail!("the table {table} is on AWS"),
            None => bail!(
                "the users service needs TENANTRY_USERS_URL and TENANTRY_SERVICE_TOKEN, or on AWS TENANTRY_USERS_TABLE"
            ),
        }
    }

    #[cfg(feature = "aws")]
    fn aws(&self) -> anyhow::Result<&Aws> {
        self.aws.as_ref().ok_or_else(|| anyhow!("nothing of this service is on AWS"))
    }
}

fn needs_aws(config: &ServiceConfig) -> bool {
    let users = matches!(config.users, Some(UsersAccess::Cognito { .. }));
    users || config.tables.values().any(|place| matches!(place, TablePlace::DynamoDb { .. }))
}
