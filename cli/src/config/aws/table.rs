//! Every setting of the roles on AWS, once: its flag, its variable, its key in a file, its default, who needs it.

/// Which role a setting is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    ControlPlane,
    Provisioner,
    Gateway,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::ControlPlane, Self::Provisioner, Self::Gateway];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Provisioner => "provisioner",
            Self::Gateway => "gateway",
        }
    }
}

/// What a setting is when nobody sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// It has to be set.
    Required,
    /// Nothing: what it would bring is off.
    Off,
    /// This; `{stage}` stands for the stage's name.
    Is(&'static str),
}

pub struct Setting {
    pub key: &'static str,
    pub preset: Preset,
    pub roles: &'static [Role],
    pub help: &'static str,
}

impl Setting {
    /// The environment variable of the same meaning.
    pub fn variable(&self) -> String {
        format!("TENANTRY_{}", self.key.replace('-', "_").to_ascii_uppercase())
    }
}

const EVERY: &[Role] = &Role::ALL;
const API: &[Role] = &[Role::ControlPlane];
const PLACE: &[Role] = &[Role::Provisioner];
const ANSWERING: &[Role] = &[Role::ControlPlane, Role::Gateway];
const PLACED: &[Role] = &[Role::Provisioner, Role::Gateway];

const fn set(key: &'static str, preset: Preset, roles: &'static [Role], help: &'static str) -> Setting {
    Setting { key, preset, roles, help }
}

use Preset::{Is, Off, Required};

pub const SETTINGS: &[Setting] = &[
    set("stage", Required, EVERY, "The installation's name: part of every name and tag, such as `prod`"),
    set("catalogue", Off, EVERY, "A file with tiers and services; off is the sample's"),
    set("listen", Is("0.0.0.0:8080"), EVERY, "Where it answers; port 0 picks one"),
    set("metrics-listen", Off, EVERY, "Where Prometheus metrics are; off is nowhere"),
    set("allowed-host", Off, EVERY, "Host names it answers to, besides localhost, separated by commas"),
    set(
        "trusted-proxy",
        Off,
        ANSWERING,
        "Networks of proxies before it, such as 10.0.0.0/16, separated by commas: their X-Forwarded-* say who calls",
    ),
    set(
        "connections-per-address",
        Off,
        ANSWERING,
        "Connections that one address may have while places are short, but for a trusted proxy; off is a quarter of all",
    ),
    set("portal-origin", Off, API, "Where the provider's portal is: its pages may call the API"),
    set(
        "application-origin",
        Off,
        EVERY,
        "Where the tenants' application is: its pages may call, and it is call-back and log-out of the tenants' pools",
    ),
    set("allowed-origin", Off, ANSWERING, "Origins of other web pages that may call, separated by commas"),
    set("log-format", Is("json"), EVERY, "pretty or json"),
    set(
        "log",
        Is("info,aws_smithy_runtime=warn,aws_config=error"),
        EVERY,
        "What to log, such as `tenantry_provisioner=debug,info`",
    ),
    set("processes", Is("2"), EVERY, "Processes of ours that share the account's rates of calls"),
    // Where state is.
    set("tenants-table", Is("{stage}-TenantDetails"), EVERY, "SBT's table of tenants"),
    set("registrations-table", Is("{stage}-TenantRegistration"), EVERY, "SBT's table of registrations"),
    set("control-plane-table", Is("{stage}-ControlPlane"), EVERY, "The table for everything else"),
    // What is said.
    set("event-bus", Is("{stage}-bus"), EVERY, "The EventBridge bus"),
    set("control-plane-queue", Is("{stage}-control-plane"), EVERY, "The queue of reports"),
    set("provisioner-queue", Is("{stage}-provisioner"), EVERY, "The queue of requests"),
    set("control-plane-source", Is("sbt.control.plane"), EVERY, "The source of the control plane's events"),
    set("application-plane-source", Is("sbt.application.plane"), EVERY, "The source of the application plane's events"),
    // Who people are.
    set("admin-pool", Required, EVERY, "The Cognito user pool of the provider's admins"),
    set("admin-user-client", Required, EVERY, "Its app client for people"),
    set("admin-machine-client", Off, EVERY, "Its app client for machines"),
    set(
        "admin-groups",
        Is("SystemAdmin,SystemViewer"),
        EVERY,
        "Its groups and the scopes they grant, such as `SystemViewer,Ops=tenant/tenant_read,tenant/tenant_write`: a \
         user's role that is one's name puts the user into it; SystemAdmin is one in any case",
    ),
    set("pooled-pool", Off, EVERY, "The Cognito user pool of pooled tenants; off if no tier is pooled"),
    set("pooled-client", Off, EVERY, "Its app client"),
    set(
        "mail-from",
        Off,
        PLACE,
        "Who sends the mail of tenants' pools, by SES; off is Cognito itself, some fifty mails a day",
    ),
    set("mail-identity", Off, PLACE, "ARN of the SES identity of that sender"),
    set("oidc-issuers", Off, API, "A file with other OpenID Connect issuers of admins' tokens"),
    // Where things answer.
    set("gateway-url", Required, API, "Where tenants' users reach the gateway"),
    set("namespaces", Required, PLACED, "Ids of Cloud Map namespaces that services are found in, separated by commas"),
    set("resolver", Is("dns"), PLACED, "How services are found: dns, or cloud-map where its domains do not resolve"),
    set("claim-seconds", Is("60"), PLACE, "How long a provisioner that died keeps a tenant from the others"),
    set("drift-seconds", Is("600"), PLACE, "How often to look whether a tenant's things are as they should be"),
    set("sweep-seconds", Is("600"), PLACE, "How often to look for orphans: things of ours that no inventory names"),
    set("orphan-grace-seconds", Is("3600"), PLACE, "How long an orphan that holds no data stays before it is removed"),
    // Where tenants' services run.
    set("cluster", Is("{stage}"), PLACE, "The shared ECS cluster"),
    set("subnets", Required, PLACE, "Ids of subnets for tenants' services, in at least two zones, separated by commas"),
    set("public-addresses", Is("false"), PLACE, "Whether tasks need public addresses to fetch their images"),
    set("gateway-group", Required, PLACE, "The gateway's security group, which may call tenants' services"),
    set("provisioner-group", Required, PLACE, "The provisioner's security group, which probes them"),
    set("execution-role", Required, PLACE, "ARN of the role that ECS starts tasks with"),
    set("boundary", Off, PLACE, "ARN of the policy that no tenant's role goes beyond"),
    set("iam-path", Is("/tenantry/{stage}/"), PLACE, "Where tenants' roles are"),
    set("image", Required, PLACE, "What the catalogue's image `tenantry` is"),
    set("architecture", Is("x86_64"), PLACE, "x86_64 or arm64"),
    set("shared-tables", Is("{stage}-"), PLACE, "What names of tables that tenants share begin with"),
    set("log-retention-days", Is("30"), PLACE, "How long services' logs are kept"),
    set("point-in-time-recovery", Is("true"), PLACE, "Whether tenants' own tables can be brought back to any moment"),
    set(
        "service-environment",
        Off,
        PLACE,
        "NAME=VALUE pairs, by commas, that every service's container is told besides",
    ),
    set("probe", Is("true"), PLACE, "Ask a new service over HTTP before it counts as ready; false where no tasks run"),
];

/// Whose settings a command takes.
pub trait Whose: std::fmt::Debug + Send + Sync + 'static {
    /// Whether `--help` says which roles a setting is for.
    const NAMES_ROLES: bool = false;

    fn has(setting: &Setting) -> bool;
}

/// All there are.
#[derive(Debug)]
pub struct Everything;

impl Whose for Everything {
    const NAMES_ROLES: bool = true;

    fn has(_: &Setting) -> bool {
        true
    }
}

macro_rules! whose {
    ($($name:ident: $has:expr;)+) => { $(
        #[derive(Debug)]
        pub struct $name;

        impl Whose for $name {
            fn has(setting: &Setting) -> bool {
                $has(setting)
            }
        }
    )+ };
}

whose! {
    OfControlPlane: |s: &Setting| s.roles.contains(&Role::ControlPlane);
    OfProvisioner: |s: &Setting| s.roles.contains(&Role::Provisioner);
    OfGateway: |s: &Setting| s.roles.contains(&Role::Gateway);
    // What adopting tenants takes: tables, and which tiers there are.
    OfAdoption: |s: &Setting| {
        ["stage", "catalogue", "tenants-table", "registrations-table", "control-plane-table"].contains(&s.key)
    };
}
