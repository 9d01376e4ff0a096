//! What a stage's stack makes, in an account of its own in an emulator.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use aws_sdk_ec2::config::Credentials;
use tenantry_aws::bus::{Queues, topology};
use tenantry_aws::identity::{Pools, stage as pools};
use tenantry_aws::table;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::id::PoolId;

pub const REGION: &str = "eu-west-1";
/// Of everybody in these tests.
const PASSWORD: &str = "Correct-horse-9";

pub struct Stage {
    pub name: String,
    pub url: String,
    pub account: String,
    pub sdk: SdkConfig,
    pub pools: Pools,
    settings: Vec<(&'static str, String)>,
    /// Kept for as long as settings name it.
    catalogue: Option<tempfile::NamedTempFile>,
}

impl Stage {
    #[expect(clippy::disallowed_methods, reason = "scripts/with-emulators.py says in it where the emulator listens")]
    pub async fn new() -> Self {
        let url = std::env::var("TENANTRY_MINISTACK_URL").unwrap_or_else(|_| {
            panic!("TENANTRY_MINISTACK_URL is not set: run this test through scripts/with-emulators.py")
        });
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        let number = u64::from_le_bytes(bytes);
        let account = format!("{:012}", 100_000_000_000 + number % 900_000_000_000);
        let name = format!("t{:08x}", number >> 32);
        let sdk = sdk(&url, &account).await;

        table::create(&aws_sdk_dynamodb::Client::new(&sdk), &table::Tables::prefixed(&name)).await.unwrap();
        topology::make(
            &sdk,
            &topology::topology(&Queues::of_stage(&name), &tenantry_contract::event::Sources::default()),
        )
        .await
        .unwrap();
        let pools = Box::pin(pools::create(&sdk, &name, vec!["https://app.example.com".to_owned()])).await.unwrap();
        aws_sdk_ecs::Client::new(&sdk).create_cluster().cluster_name(&name).send().await.unwrap();

        let ec2 = aws_sdk_ec2::Client::new(&sdk);
        let vpc = ec2.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
        let mut subnets = Vec::new();
        for (number, zone) in ["a", "b"].into_iter().enumerate() {
            let request = ec2.create_subnet().vpc_id(&vpc).cidr_block(format!("10.9.{number}.0/24"));
            let made = request.availability_zone(format!("{REGION}{zone}")).send().await.unwrap().subnet.unwrap();
            subnets.push(made.subnet_id.unwrap());
        }
        let group = async |role: &str| {
            let request = ec2.create_security_group().vpc_id(&vpc).group_name(format!("{name}-{role}"));
            request.description(role).send().await.unwrap().group_id.unwrap()
        };
        let namespace = make_namespace(&sdk, &vpc, &format!("{name}.internal")).await;
        let admins = pools.admins.clone().unwrap();
        let pooled = pools.pooled.clone().unwrap();
        let settings = vec![
            ("TENANTRY_STAGE", name.clone()),
            ("TENANTRY_ADMIN_POOL", admins.id.to_string()),
            ("TENANTRY_ADMIN_USER_CLIENT", admins.user_clients[0].to_string()),
            ("TENANTRY_ADMIN_MACHINE_CLIENT", admins.machine_clients[0].to_string()),
            ("TENANTRY_POOLED_POOL", pooled.id.to_string()),
            ("TENANTRY_POOLED_CLIENT", pooled.client.to_string()),
            ("TENANTRY_GATEWAY_URL", "https://gateway.example.com".to_owned()),
            ("TENANTRY_NAMESPACES", namespace),
            ("TENANTRY_RESOLVER", "cloud-map".to_owned()),
            ("TENANTRY_SUBNETS", subnets.join(",")),
            ("TENANTRY_GATEWAY_GROUP", group("gateway").await),
            ("TENANTRY_PROVISIONER_GROUP", group("provisioner").await),
            ("TENANTRY_EXECUTION_ROLE", format!("arn:aws:iam::{account}:role/{name}-execution")),
            ("TENANTRY_BOUNDARY", format!("arn:aws:iam::{account}:policy/{name}-boundary")),
            ("TENANTRY_IMAGE", "registry.example.com/tenantry:1".to_owned()),
            ("TENANTRY_PROBE", "false".to_owned()),
            ("TENANTRY_ORPHAN_GRACE_SECONDS", "0".to_owned()),
            ("TENANTRY_LISTEN", "127.0.0.1:0".to_owned()),
        ];
        Self { name, url, account, sdk, pools, settings, catalogue: None }
    }

    /// One whose tenants share nothing, so that the provisioner makes nothing for the stage.
    pub async fn dedicated() -> Self {
        let own = "placement = \"dedicated-cluster\"";
        let text = Catalogue::DEFAULT.replace("placement = \"pooled\"", own);
        let text = text.replace("placement = \"dedicated-services\"", own);
        Self::new().await.with_catalogue(&text)
    }

    pub fn with_catalogue(mut self, text: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        self.settings.retain(|(name, _)| *name != "TENANTRY_CATALOGUE");
        self.settings.push(("TENANTRY_CATALOGUE", file.path().to_str().unwrap().to_owned()));
        self.catalogue = Some(file);
        self
    }

    /// What a role's process has in its environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        let aws = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", &self.account),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let ours = self.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        aws.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).chain(ours).collect()
    }

    /// An access token of a new admin.
    pub async fn admin(&self, name: &str) -> String {
        let admins = self.pools.admins.as_ref().unwrap();
        let cognito = aws_sdk_cognitoidentityprovider::Client::new(&self.sdk);
        let pool = admins.id.as_str();
        cognito.admin_create_user().user_pool_id(pool).username(name).send().await.unwrap();
        let group = cognito.admin_add_user_to_group().user_pool_id(pool).username(name).group_name("SystemAdmin");
        group.send().await.unwrap();
        self.sign_in(&admins.id, admins.user_clients[0].as_str(), name).await.0
    }

    /// Access and ID token of a user who was given a password.
    pub async fn sign_in(&self, pool: &PoolId, client: &str, name: &str) -> (String, String) {
        let cognito = aws_sdk_cognitoidentityprovider::Client::new(&self.sdk);
        let password = cognito.admin_set_user_password().user_pool_id(pool.as_str()).username(name);
        password.password(PASSWORD).permanent(true).send().await.unwrap();
        // A call with a signature, by which the emulator knows whose account it is about.
        let ask = cognito.admin_initiate_auth().auth_flow(AuthFlowType::AdminUserPasswordAuth);
        let ask = ask.user_pool_id(pool.as_str()).client_id(client);
        let answer = ask.auth_parameters("USERNAME", name).auth_parameters("PASSWORD", PASSWORD).send().await.unwrap();
        let tokens = answer.authentication_result.unwrap();
        (tokens.access_token.unwrap(), tokens.id_token.unwrap())
    }
}

async fn sdk(url: &str, account: &str) -> SdkConfig {
    let credentials = Credentials::new(account, "secret", None, None, "tests");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .load()
        .await
}

async fn make_namespace(sdk: &SdkConfig, vpc: &str, name: &str) -> String {
    let cloud_map = aws_sdk_servicediscovery::Client::new(sdk);
    cloud_map.create_private_dns_namespace().name(name).vpc(vpc).send().await.unwrap();
    let all = cloud_map.list_namespaces().send().await.unwrap();
    let made = all.namespaces().iter().find(|found| found.name() == Some(name)).unwrap();
    made.id().unwrap().to_owned()
}
