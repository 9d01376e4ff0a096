//! The settings of `tenantry up`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tenantry_contract::catalogue::Catalogue;
use tenantry_web::telemetry::{self, EnvFilter, LogFormat};

use super::Faults;
use super::file::File;
use super::origins::origin;
use super::parse::{address, catalogue as read_catalogue, format};

/// Start everything in one process on this machine
#[derive(Debug, Args)]
#[command(
    after_help = "Every flag is also a key of the --config file and an environment variable, e.g. TENANTRY_LISTEN."
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
    /// Origins of web pages that may call the API and the gateway from a browser
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', env = "TENANTRY_ALLOWED_ORIGIN")]
    allowed_origin: Option<Vec<String>>,
    /// Host names the listeners answer to, besides localhost and the addresses above
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "TENANTRY_ALLOWED_HOST")]
    allowed_host: Option<Vec<String>>,
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
const KEYS: [&str; 10] = [
    "data-dir",
    "listen",
    "gateway-listen",
    "metrics-listen",
    "roles",
    "catalogue",
    "allowed-origin",
    "allowed-host",
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
    pub allowed_origins: Vec<String>,
    pub allowed_hosts: Vec<String>,
    pub log_format: LogFormat,
    pub log: EnvFilter,
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
        if let Some(unknown) = names.iter().find(|n| !Self::NAMES.contains(&n.as_str())) {
            return Err(format!("{unknown:?} is none of {}", Self::NAMES.join(", ")));
        }
        let has = |name: &str| names.iter().any(|n| n == name);
        Ok(Self { control_plane: has(Self::NAMES[0]), provisioner: has(Self::NAMES[1]), gateway: has(Self::NAMES[2]) })
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
            allowed_origin,
            allowed_host,
            log_format,
            log,
            config,
        } = self;
        let mut faults = Faults::default();
        let file = File::read(config.as_deref(), &KEYS, &mut faults);
        let data_dir = data_dir.or_else(|| file.one("data-dir").map(PathBuf::from));
        if data_dir.is_none() {
            faults.say("data-dir", "say where to keep data, such as --data-dir ./data");
        }
        let listen = listen.or_else(|| file.one("listen")).unwrap_or_else(|| "127.0.0.1:8080".into());
        let gateway = gateway_listen.or_else(|| file.one("gateway-listen")).unwrap_or_else(|| "127.0.0.1:8081".into());
        let metrics = metrics_listen.or_else(|| file.one("metrics-listen"));
        let roles = roles.or_else(|| file.many("roles")).unwrap_or_else(|| Roles::NAMES.map(str::to_owned).to_vec());
        let catalogue = catalogue.or_else(|| file.one("catalogue").map(PathBuf::from));
        let origins = allowed_origin.or_else(|| file.many("allowed-origin")).unwrap_or_default();
        let log_format = log_format.or_else(|| file.one("log-format")).unwrap_or_else(|| "pretty".into());
        let log = log.or_else(|| file.one("log")).unwrap_or_else(|| "info".into());

        let listen = faults.take("listen", address(&listen));
        let gateway_listen = faults.take("gateway-listen", address(&gateway));
        let metrics_listen = metrics.and_then(|m| faults.take("metrics-listen", address(&m)));
        let roles = faults.take("roles", Roles::parse(&roles));
        let catalogue = read_catalogue(catalogue, &mut faults);
        let allowed_origins = origins.iter().filter_map(|o| faults.take("allowed-origin", origin(o))).collect();
        let log_format = faults.take("log-format", format(&log_format));
        let log = faults.take("log", telemetry::filter(&log));
        let complete = (data_dir, listen, gateway_listen, roles, catalogue, log_format, log);
        faults.check()?;
        let (
            Some(data_dir),
            Some(listen),
            Some(gateway_listen),
            Some(roles),
            Some(catalogue),
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
            allowed_origins,
            allowed_hosts: allowed_host.or_else(|| file.many("allowed-host")).unwrap_or_default(),
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
}
