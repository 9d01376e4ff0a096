//! A service's tables in DynamoDB, and its tenant's users in Cognito.

use std::sync::Arc;

use anyhow::{Context, bail};
use aws_config::SdkConfig;
use tenantry_aws::data::{DataTable, DynamoTable, Shared};
use tenantry_aws::identity::{Identity, Mail, Pools, SharedPool};
use tenantry_aws::limits::{Limits, Share};
use tenantry_aws::sdk;
use tenantry_aws::table::{Database, Deps, Tables};
use tenantry_aws::whereabouts::{Whereabouts, whereabouts};
use tenantry_contract::event::Sources;
use tenantry_contract::resource::Owner;
use tenantry_ports::clock::Clock;
use tenantry_ports::identity::TenantUsers;
use tenantry_ports::ids::Ids;
use tenantry_tenancy::{ServiceConfig, Table, TablePlace};

pub struct Aws {
    sdk: SdkConfig,
    here: Whereabouts,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Aws {
    pub async fn open(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> anyhow::Result<Self> {
        let sdk = sdk::load().await?;
        let here = whereabouts(&sdk).await.context("AWS does not know who this service is")?;
        Ok(Self { sdk, here, clock, ids })
    }

    /// Whoever serves all tenants narrows its sessions to the tenant of a call. A tenant's own service is narrowed
    /// by its role.
    pub fn table(&self, config: &ServiceConfig, place: &TablePlace) -> anyhow::Result<Table> {
        let TablePlace::DynamoDb { table, partition_key, sort_key } = place else { bail!("{place:?} is not on AWS") };
        let shared = match (&config.owner, &config.rows_role) {
            (Owner::Tenant(_), _) => None,
            (Owner::Stage, Some(role_arn)) => {
                let Whereabouts { partition, region, account, .. } = &self.here;
                let table_arn = format!("arn:{partition}:dynamodb:{region}:{account}:table/{table}");
                Some(Shared { table_arn, role_arn: role_arn.clone() })
            }
            (Owner::Stage, None) => bail!(
                "TENANTRY_ROWS_ROLE is not set: a service that all tenants share needs the ARN of a role that may read \
                 and write {table}, to narrow it to one tenant at a time"
            ),
        };
        let (name, partition_key, sort_key) = (table.clone(), partition_key.clone(), sort_key.clone());
        let table = DataTable { name, partition_key, sort_key, shared };
        Ok(Table::new(Arc::new(DynamoTable::new(&self.sdk, table, self.clock.clone(), self.ids.clone()))))
    }

    pub fn users(&self, config: &ServiceConfig, table: &str) -> anyhow::Result<Arc<dyn TenantUsers>> {
        // It writes to the one table alone, and publishes nothing.
        let control_plane = table.to_owned();
        let tables = Tables { tenants: String::new(), registrations: String::new(), control_plane };
        let deps = Deps { clock: self.clock.clone(), ids: self.ids.clone(), sources: Sources::default() };
        let database = Database::open(&self.sdk, tables, deps);
        let client = config.issuer.user_clients.first().context("TENANTRY_CLIENT_ID is not set")?.clone();
        let shared = SharedPool { id: config.issuer.pool.clone(), client };
        let pooled = (config.owner == Owner::Stage).then_some(shared);
        let pools = Pools { stage: String::new(), admins: None, pooled, app_origins: Vec::new(), mail: Mail::Cognito };
        // Of users it makes few at a time: the rates are for the processes that onboard.
        Ok(Arc::new(Identity::new(&self.sdk, Limits::new(Share::WHOLE), database, pools)?))
    }
}
