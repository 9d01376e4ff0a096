//! From TOML to a [`Catalogue`]: a loose shape first, then every rule, so that all faults are told at once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Catalogue, CatalogueFaults, Limits, Placement, Service, Table, Tier};
use crate::name::{ServiceName, TableName};
use crate::operation::Budget;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    tiers: Vec<RawTier>,
    #[serde(default)]
    services: Vec<RawService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTier {
    name: String,
    placement: String,
    price: Option<String>,
    description: Option<String>,
    limits: Option<RawLimits>,
    budget: Option<RawBudget>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    requests_per_second: i64,
    burst: i64,
    requests_per_day: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "they are the file's keys")]
struct RawBudget {
    wait_seconds: Option<i64>,
    work_seconds: Option<i64>,
    cleanup_seconds: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    name: String,
    port: i64,
    #[serde(default = "default_cpu")]
    cpu: i64,
    #[serde(default = "default_memory")]
    memory: i64,
    #[serde(default = "one")]
    replicas: i64,
    health_path: String,
    health_command: Option<Vec<String>>,
    #[serde(default)]
    image: String,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    tables: Vec<RawTable>,
    #[serde(default)]
    manages_users: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    name: String,
    partition_key: String,
    sort_key: Option<String>,
    #[serde(default)]
    shared_by: Vec<String>,
}

const fn default_cpu() -> i64 {
    256
}
const fn default_memory() -> i64 {
    512
}
const fn one() -> i64 {
    1
}

/// Collects what is wrong, and where.
struct Faults(Vec<String>);

impl Faults {
    fn say(&mut self, at: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{at}: {what}"));
    }

    fn number<T: TryFrom<i64> + Default>(&mut self, at: &str, value: i64, least: i64) -> T {
        match T::try_from(value) {
            Ok(number) if value >= least => number,
            _ => {
                self.say(at, format_args!("{value} is out of range (at least {least})"));
                T::default()
            }
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Catalogue, CatalogueFaults> {
    let raw: Raw = toml::from_str(text).map_err(|e| CatalogueFaults(vec![e.to_string().trim_end().to_owned()]))?;
    let mut faults = Faults(Vec::new());
    if raw.tiers.is_empty() {
        faults.say("tiers", "there must be at least one tier");
    }
    let tiers: Vec<Tier> = raw.tiers.into_iter().map(|t| tier(t, &mut faults)).collect();
    repeated(tiers.iter().map(|t| t.name.to_ascii_lowercase()), "tiers", &mut faults);
    let ours = tiers.iter().any(|t| t.placement != Placement::External);
    if ours && raw.services.is_empty() {
        faults.say("services", "there must be at least one service, unless every tier is external");
    }
    let services: Vec<Service> = raw.services.into_iter().filter_map(|s| service(s, &mut faults)).collect();
    let pools = tiers.iter().any(|t| t.placement == Placement::Pooled);
    keyed_by_tenant(&services, pools, &mut faults);
    repeated(services.iter().map(|s| s.name.to_string()), "services", &mut faults);
    if faults.0.is_empty() { Ok(Catalogue { tiers, services }) } else { Err(CatalogueFaults(faults.0)) }
}

fn repeated(names: impl Iterator<Item = String>, at: &str, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            faults.say(at, format_args!("{name:?} is there twice"));
        }
    }
}

/// Isolation in a shared table rests on the partition key being the tenant.
fn keyed_by_tenant(services: &[Service], pools: bool, faults: &mut Faults) {
    for service in services {
        for table in service.tables.iter().filter(|t| pools || !t.shared_by.is_empty()) {
            if table.partition_key != "tenantId" {
                let at = format!("services.{}.tables.{}.partition_key", service.name, table.name);
                faults.say(&at, "must be tenantId in a table that tenants share");
            }
        }
    }
}

fn tier(raw: RawTier, faults: &mut Faults) -> Tier {
    let at = format!("tiers.{}", raw.name);
    if raw.name.trim().is_empty() || raw.name.len() > 40 {
        faults.say(&at, "a tier's name must be 1 to 40 characters");
    }
    let placement = placement(&raw.placement, &format!("{at}.placement"), faults);
    let limits = raw.limits.map_or(UNLIMITED, |l| Limits {
        requests_per_second: faults.number(&format!("{at}.limits.requests_per_second"), l.requests_per_second, 1),
        burst: faults.number(&format!("{at}.limits.burst"), l.burst, 1),
        requests_per_day: faults.number(&format!("{at}.limits.requests_per_day"), l.requests_per_day, 1),
    });
    let budget = budget(raw.budget, placement.default_budget(), &at, faults);
    Tier { name: raw.name, placement, limits, price: raw.price, description: raw.description, budget }
}

/// A tier that names no limits has none worth speaking of.
const UNLIMITED: Limits = Limits { requests_per_second: 1_000_000, burst: 1_000_000, requests_per_day: u64::MAX };

fn budget(raw: Option<RawBudget>, default: Budget, at: &str, faults: &mut Faults) -> Budget {
    let Some(raw) = raw else { return default };
    let mut part = |name: &str, given: Option<i64>, default: u64, least: i64| {
        given.map_or(default, |s| faults.number::<u64>(&format!("{at}.budget.{name}"), s, least).saturating_mul(1000))
    };
    Budget {
        wait_ms: part("wait_seconds", raw.wait_seconds, default.wait_ms, 1),
        work_ms: part("work_seconds", raw.work_seconds, default.work_ms, 1),
        cleanup_ms: part("cleanup_seconds", raw.cleanup_seconds, default.cleanup_ms, 0),
    }
}

fn placement(text: &str, at: &str, faults: &mut Faults) -> Placement {
    Placement::parse(text).unwrap_or_else(|| {
        let known = Placement::ALL.map(Placement::as_str).join(", ");
        faults.say(at, format_args!("{text:?} is none of {known}"));
        Placement::External
    })
}

fn service(raw: RawService, faults: &mut Faults) -> Option<Service> {
    let at = format!("services.{}", raw.name);
    if !raw.health_path.starts_with('/') {
        faults.say(&format!("{at}.health_path"), "must begin with '/'");
    }
    if raw.command.is_empty() && raw.image.is_empty() {
        faults.say(&at, "must have a command (to run on one machine), an image (to run on ECS), or both");
    }
    if raw.health_command.as_ref().is_some_and(Vec::is_empty) {
        faults.say(&format!("{at}.health_command"), "must not be empty");
    }
    for key in raw.environment.keys() {
        if key.is_empty() || key.contains('=') || key.starts_with("TENANTRY_") || key == "PORT" {
            faults.say(&format!("{at}.environment"), format_args!("{key:?} is not yours to set"));
        }
    }
    repeated(raw.tables.iter().map(|t| t.name.clone()), &format!("{at}.tables"), faults);
    let tables = raw.tables.into_iter().filter_map(|t| table(t, &at, faults)).collect();
    let (port, cpu, memory, replicas) = (
        faults.number(&format!("{at}.port"), raw.port, 1),
        faults.number(&format!("{at}.cpu"), raw.cpu, 1),
        faults.number(&format!("{at}.memory"), raw.memory, 1),
        faults.number(&format!("{at}.replicas"), raw.replicas, 1),
    );
    let name = ServiceName::parse(raw.name).map_err(|e| faults.say(&format!("{at}.name"), e)).ok()?;
    Some(Service {
        name,
        port,
        cpu,
        memory,
        replicas,
        health_path: raw.health_path,
        health_command: raw.health_command,
        image: raw.image,
        command: raw.command,
        environment: raw.environment,
        tables,
        manages_users: raw.manages_users,
    })
}

fn table(raw: RawTable, at: &str, faults: &mut Faults) -> Option<Table> {
    let at = format!("{at}.tables.{}", raw.name);
    if raw.partition_key.is_empty() {
        faults.say(&format!("{at}.partition_key"), "must not be empty");
    }
    let shared_by = raw.shared_by.iter().map(|p| placement(p, &format!("{at}.shared_by"), faults)).collect::<Vec<_>>();
    let name = TableName::parse(raw.name).map_err(|e| faults.say(&format!("{at}.name"), e)).ok()?;
    Some(Table { name, partition_key: raw.partition_key, sort_key: raw.sort_key, shared_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_catalogue_is_valid() {
        let catalogue = parse(Catalogue::DEFAULT).unwrap();
        assert_eq!(catalogue.tier("BASIC").unwrap().placement, Placement::Pooled);
        assert_eq!(catalogue.services.len(), 3);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = parse(
            r#"
            [[tiers]]
            name = "gold"
            placement = "somewhere"
            [tiers.limits]
            requests_per_second = 0
            burst = 1
            requests_per_day = 1
            [[tiers]]
            name = "Gold"
            placement = "pooled"
            [[services]]
            name = "Shop"
            port = 99999
            health_path = "health"
            command = ["shop"]
            "#,
        )
        .unwrap_err();
        let text = faults.to_string();
        for part in
            ["tiers.gold.placement", "requests_per_second", "\"gold\" is there twice", "port", "name", "health_path"]
        {
            assert!(text.contains(part), "{part} in:\n{text}");
        }
        assert_eq!(faults.0.len(), 6, "{text}");
    }

    #[test]
    fn a_shared_table_must_be_keyed_by_tenant() {
        let faults = parse(
            r#"
            [[tiers]]
            name = "a"
            placement = "pooled"
            [[services]]
            name = "shop"
            port = 1
            health_path = "/h"
            command = ["shop"]
            [[services.tables]]
            name = "things"
            partition_key = "id"
            shared_by = ["pooled"]
            "#,
        )
        .unwrap_err();
        assert!(faults.to_string().contains("must be tenantId"), "{faults}");
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let faults = parse("[[tiers]]\nname = \"a\"\nplacment = \"pooled\"").unwrap_err();
        assert!(faults.to_string().contains("placment"), "{faults}");
    }
}
