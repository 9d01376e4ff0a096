//! Where tenants' services run, as it is configured. What AWS knows of it is asked for when a process starts.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use tenantry_aws::runtime::{Architecture, Probe};

use super::Values;

/// How long a service's answer to a probe may take.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Placing {
    pub cluster: String,
    pub subnets: Vec<String>,
    pub public_addresses: bool,
    pub gateway_group: String,
    pub provisioner_group: String,
    pub execution_role: String,
    pub boundary: Option<String>,
    pub iam_path: String,
    pub image: String,
    pub architecture: Architecture,
    pub shared_tables: String,
    pub log_retention_days: i32,
    pub point_in_time_recovery: bool,
    pub probe: Option<Probe>,
    pub environment: BTreeMap<String, String>,
    pub claim: Duration,
    pub sweep: Duration,
    pub orphan_grace: Duration,
    pub drift: Duration,
}

impl Placing {
    /// None if something is wrong, which is noted.
    pub fn read(values: &mut Values) -> Option<Self> {
        let architecture = values.read("architecture", |text| match text {
            "x86_64" => Ok(Architecture::X86_64),
            "arm64" => Ok(Architecture::Arm64),
            _ => Err(format!("{text:?} is neither x86_64 nor arm64")),
        });
        let days = values.read("log-retention-days", days);
        let public_addresses = values.read("public-addresses", flag);
        let point_in_time_recovery = values.read("point-in-time-recovery", flag);
        let probe = values.read("probe", flag);
        let claim = values.read("claim-seconds", |text| seconds(text, 4..=900));
        let sweep = values.read("sweep-seconds", |text| seconds(text, 5..=86_400));
        let orphan_grace = values.read("orphan-grace-seconds", |text| seconds(text, 0..=604_800));
        let drift = values.read("drift-seconds", |text| seconds(text, 5..=86_400));
        let environment = values.read("service-environment", environment).unwrap_or_default();
        Some(Self {
            cluster: values.text("cluster"),
            subnets: values.list("subnets"),
            public_addresses: public_addresses?,
            gateway_group: values.text("gateway-group"),
            provisioner_group: values.text("provisioner-group"),
            execution_role: values.text("execution-role"),
            boundary: values.some("boundary"),
            iam_path: values.text("iam-path"),
            image: values.text("image"),
            architecture: architecture?,
            shared_tables: values.text("shared-tables"),
            log_retention_days: days?,
            point_in_time_recovery: point_in_time_recovery?,
            probe: probe?.then_some(Probe { patience: PATIENCE }),
            environment,
            claim: claim?,
            sweep: sweep?,
            orphan_grace: orphan_grace?,
            drift: drift?,
        })
    }
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("{text:?} is neither true nor false"))
}

fn seconds(text: &str, bounds: RangeInclusive<u64>) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| bounds.contains(seconds));
    let (least, most) = (bounds.start(), bounds.end());
    seconds.map(Duration::from_secs).ok_or_else(|| format!("{text:?} is no number of seconds from {least} to {most}"))
}

/// Logs are kept for one of these, as AWS has it.
const RETENTION: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

fn days(text: &str) -> Result<i32, String> {
    let known = text.parse().ok().filter(|days| RETENTION.contains(days));
    known.ok_or_else(|| {
        let all = RETENTION.map(|days| days.to_string()).join(", ");
        format!("{text:?} is no number of days that CloudWatch Logs keeps logs for: {all}")
    })
}

fn environment(text: &str) -> Result<BTreeMap<String, String>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let parse = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{pair:?} is not of the form NAME=VALUE")),
    };
    pairs.map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_that_cloudwatch_knows() {
        assert_eq!(days("30"), Ok(30));
        assert!(days("31").unwrap_err().contains("365"));
        assert!(days("month").is_err());
    }

    #[test]
    fn an_environment_is_pairs_between_commas() {
        let read = environment("A=1, B=x=y,").unwrap();
        assert_eq!(read, [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "x=y".to_owned())].into());
        assert!(environment("=1").is_err() && environment("A").is_err());
    }
}
