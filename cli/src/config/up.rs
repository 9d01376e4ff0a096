//! The settings of `tenantry up`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tenantry_contract::catalogue::Catalogue;
use tenantry_contract::event::Sources;
use tenantry_web::ScopePolicy;
use tenantry_web::telemetry::{self, LogFormat, Targets};

use super::Faults;
use super::file::File;
use super::groups;
use super::local;
use super::origins::{Origins, host_name, origin};
use super::parse::{address, catalogue as read_catalogue, format, source};
use super::peers::{PeerArgs, Peers};
use super::public::{Public, PublicArgs};

/// Start everything in one process on this machine
#[derive(Debug, Args)]
#[command(
    after_help = "Every flag is also an environment variable, such as TENANTRY_LISTEN, and, but for --config itself, a \
                  key of the --config file, such as listen. A flag counts before a variable, and that before the file."
)]
pub struct UpArgs {
    /// Where everything is kept; held by one process at a time
    #[arg(long, value_name = "DIR", env = "TENANTRY_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Address of the admin API and of the sign-in pages [default: 127.0.0.1:8080]; port 0 picks one
    #[arg(long, value_name = "ADDRESS", env = "TENANTRY_LISTEN")]
    listen: Option<String>,
    /// Address of the tenants' gateway [default: 127.0.0.1:8081]; port 0 picks one
    #[arg(long, value_name = "ADDRESS", env = "TENANTRY_GATEWAY_LISTEN")]
    gateway_listen: Option<String>,
    /// Address for Prometheus metrics [default: off]
    #[arg(long, value_name = "ADDRESS", env = "TENANTRY_METRICS_LISTEN")]
    metrics_listen: Option<String>,
    /// Which parts run [default: control-plane,provisioner,gateway]
    #[arg(long, value_name = "ROLES", value_delimiter = ',', env = "TENANTRY_ROLES")]
    roles: Option<Vec<String>>,
    /// Tiers and services [default: the sample's]
    #[arg(long, value_name = "FILE", env = "TENANTRY_CATALOGUE")]
    catalogue: Option<PathBuf>,
    /// Where the provider's portal is: its pages may call the API, and admins' sign-in may go back to it
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "TENANTRY_PORTAL_ORIGIN")]
    portal_origin: Option<Vec<String>>,
    /// Where the tenants' application is: its pages may call the gateway and the API, and tenants' sign-in may go back
    /// to it
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "TENANTRY_APPLICATION_ORIGIN")]
    application_origin: Option<Vec<String>>,
    /// Where both are, for development: --portal-origin and --application-origin in one
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "TENANTRY_ALLOWED_ORIGIN")]
    allowed_origin: Option<Vec<String>>,
    /// Host names the listeners answer to, besides localhost and the addresses above
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "TENANTRY_ALLOWED_HOST")]
    allowed_host: Option<Vec<String>>,
    #[command(flatten)]
    public: PublicArgs,
    #[command(flatten)]
    peers: PeerArgs,
    /// Groups of the provider's people and the scopes they grant, such as `Ops=tenant/tenant_read,tenant/tenant_write`;
    /// the one that may do everything is there in any case [default: `SystemAdmin,SystemViewer`]
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', env = "TENANTRY_ADMIN_GROUPS")]
    admin_groups: Option<Vec<String>>,
    /// The source of the control plane's events [default: sbt.control.plane]
    #[arg(long, value_name = "SOURCE", env = "TENANTRY_CONTROL_PLANE_SOURCE")]
    control_plane_source: Option<String>,
    /// The source of the application plane's events [default: sbt.application.plane]
    #[arg(long, value_name = "SOURCE", env = "TENANTRY_APPLICATION_PLANE_SOURCE")]
    application_plane_source: Option<String>,
    /// Log format: pretty or json [default: pretty]
    #[arg(long, value_name = "FORMAT", env = "TENANTRY_LOG_FORMAT")]
    log_format: Option<String>,
    /// What to log, such as `info` or `tenantry_provisioner=debug,info` [default: info]
    #[arg(long, value_name = "FILTER", env = "TENANTRY_LOG")]
    log: Option<String>,
    /// A TOML file with these settings
    #[arg(long, value_name = "FILE", env = "TENANTRY_CONFIG")]
    config: Option<PathBuf>,
}

/// The keys a configuration file may hold.
const KEYS: [&str; 15] = [
    "data-dir",
    "listen",
    "gateway-listen",
    "metrics-listen",
    "roles",
    "catalogue",
    "portal-origin",
    "application-origin",
    "allowed-origin",
    "allowed-host",
    "admin-groups",
    "control-plane-source",
    "application-plane-source",
    "log-format",
    "log",
];

/// Checked settings.
pub struct UpSettings {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    pub gateway_listen: SocketAddr,
    pub metrics_listen: Option<SocketAddr>,
    pub roles: Roles,
    pub catalogue: Catalogue,
    pub origins: Origins,
    pub allowed_hosts: Vec<String>,
    pub public: Public,
    pub peers: Peers,
    pub policy: ScopePolicy,
    pub sources: Sources,
    pub log_format: LogFormat,
    pub log: Targets,
}

/// Which parts run in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    pub control_plane: bool,
    pub provisioner: bool,
    pub gateway: bool,
}

impl Roles {
    const NAMES: [&str; 3] = ["control-plane", "provisioner", "gateway"];

    fn parse(names: &[String]) -> Result<Self, String> {
        if names.is_empty() {
            return Err(format!("name at least one of {}", Self::NAMES.join(", ")));
        }
        if let Some(unknown) = names.iter().find(|n| !Self::NAMES.contains(&n.as_str())) {
            return Err(format!("{unknown:?} is none of {}", Self::NAMES.join(", ")));
        }
        let has = |name: &str| names.iter().any(|n| n == name);
        Ok(Self { control_plane: has(Self::NAMES[0]), provisioner: has(Self::NAMES[1]), gateway: has(Self::NAMES[2]) })
    }
}

impl Roles {
    /// Those that do not run here.
    pub fn missing(self) -> Vec<&'static str> {
        let runs = [self.control_plane, self.provisioner, self.gateway];
        Self::NAMES.into_iter().zip(runs).filter(|(_, runs)| !runs).map(|(name, _)| name).collect()
    }
}

impl UpArgs {
    pub fn check(self) -> Result<UpSettings, Faults> {
        let Self {
            data_dir,
            listen,
            gateway_listen,
            metrics_listen,
            roles,
            catalogue,
            portal_origin,
            application_origin,
            allowed_origin,
            allowed_host,
            public,
            peers,
            admin_groups,
            control_plane_source,
            application_plane_source,
            log_format,
            log,
            config,
        } = self;
        let mut faults = Faults::default();
        let file =
            File::read(config.as_deref(), &[&KEYS[..], &PublicArgs::KEYS, &PeerArgs::KEYS].concat(), &mut faults);
        let data_dir = data_dir.or_else(|| file.one("data-dir").map(PathBuf::from));
        if data_dir.is_none() {
            faults.say("data-dir", "say where to keep data, such as --data-dir ./data");
        }
        let listen = listen.or_else(|| file.one("listen")).unwrap_or_else(|| "127.0.0.1:8080".into());
        let gateway = gateway_listen.or_else(|| file.one("gateway-listen")).unwrap_or_else(|| "127.0.0.1:8081".into());
        let metrics = metrics_listen.or_else(|| file.one("metrics-listen"));
        let roles = roles.or_else(|| file.many("roles")).unwrap_or_else(|| Roles::NAMES.map(str::to_owned).to_vec());
        let catalogue = catalogue.or_else(|| file.one("catalogue").map(PathBuf::from));
        let mut origins = |given: Option<Vec<String>>, key: &str| -> Vec<String> {
            let texts = given.or_else(|| file.many(key)).unwrap_or_default();
            texts.iter().filter_map(|text| faults.take(key, origin(text))).collect()
        };
        let origins = Origins {
            portal: origins(portal_origin, "portal-origin"),
            application: origins(application_origin, "application-origin"),
        }
        .and_both(&origins(allowed_origin, "allowed-origin"));
        let hosts = allowed_host.or_else(|| file.many("allowed-host")).unwrap_or_default();
        let allowed_hosts = hosts.iter().filter_map(|host| faults.take("allowed-host", host_name(host))).collect();
        let public = public.check(&file, &mut faults);
        let peers = peers.check(&file, &mut faults);
        let groups = admin_groups.or_else(|| file.many("admin-groups"));
        let groups = groups.map_or_else(|| groups::DEFAULT.to_owned(), |groups| groups.join(","));
        let policy = faults.take("admin-groups", groups::groups(&groups));
        let defaults = Sources::default();
        let mut named = |given: Option<String>, key: &str, default: String| {
            faults.take(key, source(&given.or_else(|| file.one(key)).unwrap_or(default)))
        };
        let control_plane = named(control_plane_source, "control-plane-source", defaults.control_plane);
        let application_plane = named(application_plane_source, "application-plane-source", defaults.application_plane);
        let sources = control_plane.zip(application_plane);
        let log_format = log_format.or_else(|| file.one("log-format")).unwrap_or_else(|| "pretty".into());
        let log = log.or_else(|| file.one("log")).unwrap_or_else(|| "info".into());

        let listen = faults.take("listen", address(&listen));
        let gateway_listen = faults.take("gateway-listen", address(&gateway));
        let metrics_listen = metrics.and_then(|m| faults.take("metrics-listen", address(&m)));
        let roles = faults.take("roles", Roles::parse(&roles));
        let catalogue = read_catalogue(catalogue, &mut faults);
        if let Some(catalogue) = &catalogue {
            local::check(catalogue, &mut faults);
        }
        let log_format = faults.take("log-format", format(&log_format));
        let log = faults.take("log", telemetry::filter(&log));
        let access = policy.zip(sources).zip(public);
        let complete = (data_dir, listen, gateway_listen, roles, catalogue, access, log_format, log);
        faults.check()?;
        let (
            Some(data_dir),
            Some(listen),
            Some(gateway_listen),
            Some(roles),
            Some(catalogue),
            Some(((policy, (control_plane, application_plane)), public)),
            Some(log_format),
            Some(log),
        ) = complete
        else {
            unreachable!("a setting that is missing was told as a fault")
        };
        Ok(UpSettings {
            data_dir,
            listen,
            gateway_listen,
            metrics_listen,
            roles,
            catalogue,
            origins,
            allowed_hosts,
            public,
            peers,
            policy,
            sources: Sources { control_plane, application_plane },
            log_format,
            log,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        up: UpArgs,
    }

    fn check(args: &[&str]) -> Result<UpSettings, Faults> {
        Command::parse_from([&["up"], args].concat()).up.check()
    }

    #[test]
    fn defaults() {
        let settings = check(&["--data-dir", "d"]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.gateway_listen.to_string(), "127.0.0.1:8081");
        assert!(settings.roles.control_plane && settings.roles.provisioner && settings.roles.gateway);
    }

    #[test]
    fn three_faults_are_three_lines() {
        let faults = check(&["--listen", "nowhere", "--roles", "gatway", "--allowed-origin", "*"]).err().unwrap();
        let text = faults.to_string();
        for part in ["4 faults", "data-dir", "listen: \"nowhere\"", "\"gatway\" is none of", "not an origin"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn a_file_gives_what_flags_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tenantry.toml");
        std::fs::write(&path, "data-dir = \"d\"\nlisten = \"127.0.0.1:1\"\nlog-format = \"json\"\n").unwrap();
        let path = path.to_str().unwrap();
        let settings = check(&["--config", path, "--listen", "127.0.0.1:2"]).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert!(matches!(settings.log_format, LogFormat::Json));
        std::fs::write(path, "data-dir = \"d\"\nlissen = \"x\"\n").unwrap();
        assert!(check(&["--config", path]).err().unwrap().to_string().contains("unknown key \"lissen\""));
    }

    #[test]
    fn an_origin_is_the_portals_the_applications_or_both() {
        let settings = check(&[
            "--data-dir",
            "d",
            "--portal-origin",
            "https://admin.example.com",
            "--application-origin",
            "https://app.example.com,https://app2.example.com",
        ])
        .unwrap();
        assert_eq!(settings.origins.portal, ["https://admin.example.com"]);
        assert_eq!(settings.origins.application, ["https://app.example.com", "https://app2.example.com"]);
        let settings = check(&["--data-dir", "d", "--allowed-origin", "http://localhost:5173"]).unwrap();
        assert_eq!(settings.origins.portal, ["http://localhost:5173"]);
        assert_eq!(settings.origins.application, settings.origins.portal);
    }

    #[test]
    fn a_list_in_a_file_is_a_list() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tenantry.toml");
        let lines = "data-dir = \"d\"\nadmin-groups = [\"SystemViewer\", \"Ops=tenant/tenant_read,user/user_read\"]\n\
                     control-plane-source = \"acme.control\"\nroles = [\"gateway\"]\n";
        std::fs::write(&path, lines).unwrap();
        let settings = check(&["--config", path.to_str().unwrap()]).unwrap();
        assert_eq!(settings.policy.groups().collect::<Vec<_>>(), ["Ops", "SystemAdmin", "SystemViewer"]);
        assert_eq!(settings.policy.of("Ops").unwrap().len(), 2);
        assert_eq!(settings.sources.control_plane, "acme.control");
        assert_eq!(settings.sources.application_plane, "sbt.application.plane");
        assert!(settings.roles.gateway && !settings.roles.control_plane);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_words() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tenantry.toml");
        std::fs::write(&path, "data-dir = \"d\"\nroles = []\n").unwrap();
        let path = path.to_str().unwrap();
        for (args, words) in [
            (&["--config", path][..], "roles: name at least one of control-plane"),
            (&["--data-dir", "d", "--allowed-host", "https://x.y"], "allowed-host: \"https://x.y\" is not a host"),
            (
                &["--data-dir", "d", "--trusted-proxy", "10.0.0.1/8"],
                "trusted-proxy: \"10.0.0.1/8\" is written 10.0.0.0/8",
            ),
            (
                &["--data-dir", "d", "--connections-per-address", "0"],
                "connections-per-address: \"0\" is not a number of connections, 1 or more",
            ),
            (&["--data-dir", "d", "--trusted-proxy", "lb.internal"], "trusted-proxy: \"lb.internal\" is no network"),
            (&["--data-dir", "d", "--admin-groups", "Ops=all/of_it"], "admin-groups: \"all/of_it\" is no scope"),
            (&["--data-dir", "d", "--control-plane-source", "aws.mine"], "control-plane-source: \"aws.mine\" is not"),
            (&["--data-dir", "d", "--application-plane-source", "a b"], "application-plane-source: \"a b\" is not"),
            (&["--data-dir", "d", "--portal-origin", "*"], "portal-origin: \"*\" is not an origin"),
        ] {
            let said = check(args).err().unwrap().to_string();
            assert!(said.contains(words) && said.contains("1 fault:"), "{args:?}:\n{said}");
        }
    }
}
