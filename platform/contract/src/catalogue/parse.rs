//! From TOML to a [`Catalogue`]: member by member, then rule by rule, so that all faults are told at once.

use std::collections::BTreeSet;

use super::members::{Faults, Members};
use super::{Catalogue, CatalogueFaults, Limits, Placement, Service, Table, Tier};
use crate::name::{ServiceName, TableName};
use crate::operation::Budget;

const ANY: i64 = i64::MAX;
const U32: i64 = u32::MAX as i64;

/// The gateway's own paths; a service answers under its name.
const RESERVED: [&str; 2] = ["healthz", "readyz"];

pub(super) fn parse(text: &str) -> Result<Catalogue, CatalogueFaults> {
    let file = text.parse().map_err(|e: toml::de::Error| CatalogueFaults(vec![e.to_string().trim_end().to_owned()]))?;
    let mut faults = Faults::default();
    let mut file = Members::of_file(file);
    let (tiers, services) = (file.tables("tiers", &mut faults), file.tables("services", &mut faults));
    file.end(&mut faults);
    if tiers.is_empty() {
        faults.say("tiers", "there must be at least one tier");
    }
    let no_services = services.is_empty();
    let tiers: Vec<Tier> = tiers.into_iter().map(|t| tier(t, &mut faults)).collect();
    repeated(tiers.iter().map(|t| t.name.to_ascii_lowercase()), "tiers", &mut faults);
    let ours = tiers.iter().any(|t| t.placement != Placement::External);
    if ours && no_services {
        faults.say("services", "there must be at least one service, unless every tier is external");
    }
    let services: Vec<Service> = services.into_iter().filter_map(|s| service(s, &mut faults)).collect();
    let pools = tiers.iter().any(|t| t.placement == Placement::Pooled);
    keyed_by_tenant(&services, pools, &mut faults);
    repeated(services.iter().map(|s| s.name.to_string()), "services", &mut faults);
    if faults.0.is_empty() { Ok(Catalogue { tiers, services }) } else { Err(CatalogueFaults(faults.0)) }
}

/// What has no name has been told already.
fn repeated(names: impl Iterator<Item = String>, at: &str, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for name in names.filter(|name| !name.is_empty()) {
        if !seen.insert(name.clone()) {
            faults.say(at, format_args!("{name:?} is there twice"));
        }
    }
}

/// Isolation in a shared table rests on the partition key being the tenant.
fn keyed_by_tenant(services: &[Service], pools: bool, faults: &mut Faults) {
    for service in services {
        for table in service.tables.iter().filter(|t| pools || !t.shared_by.is_empty()) {
            if table.partition_key != "tenantId" && !table.partition_key.is_empty() {
                let at = format!("services.{}.tables.{}.partition_key", service.name, table.name);
                faults.say(&at, "must be tenantId in a table that tenants share");
            }
        }
    }
}

fn tier(mut members: Members, faults: &mut Faults) -> Tier {
    let name = members.text("name", faults);
    if let Some(name) = &name {
        members.called("tiers", name);
        if name.trim().is_empty() || name.len() > 40 {
            faults.say(members.place(), "a tier's name must be 1 to 40 characters");
        }
    }
    let at = members.place_of("placement");
    let placement = members.text("placement", faults).map(|text| placement(&text, &at, faults));
    // What follows is checked all the same.
    let placement = placement.unwrap_or(Placement::External);
    let (price, description) = (members.maybe_text("price", faults), members.maybe_text("description", faults));
    let limits = members.maybe_table("limits", faults).map_or(Limits::UNLIMITED, |limits| self::limits(limits, faults));
    let default = placement.default_budget();
    let budget = members.maybe_table("budget", faults).map_or(default, |budget| self::budget(budget, default, faults));
    members.end(faults);
    Tier { name: name.unwrap_or_default(), placement, limits, price, description, budget }
}

fn limits(mut members: Members, faults: &mut Faults) -> Limits {
    let limits = Limits {
        requests_per_second: members.number("requests_per_second", 1..=U32, faults).unwrap_or_default(),
        burst: members.number("burst", 1..=U32, faults).unwrap_or_default(),
        requests_per_day: members.number("requests_per_day", 1..=ANY, faults).unwrap_or_default(),
    };
    members.end(faults);
    limits
}

fn budget(mut members: Members, default: Budget, faults: &mut Faults) -> Budget {
    let mut part = |key: &'static str, default: u64, least: i64| {
        members.maybe_number::<u64>(key, least..=ANY, faults).map_or(default, |seconds| seconds.saturating_mul(1000))
    };
    let budget = Budget {
        wait_ms: part("wait_seconds", default.wait_ms, 1),
        work_ms: part("work_seconds", default.work_ms, 1),
        cleanup_ms: part("cleanup_seconds", default.cleanup_ms, 0),
    };
    members.end(faults);
    budget
}

fn placement(text: &str, at: &str, faults: &mut Faults) -> Placement {
    Placement::parse(text).unwrap_or_else(|| {
        let known = Placement::ALL.map(Placement::as_str).join(", ");
        faults.say(at, format_args!("{text:?} is none of {known}"));
        Placement::External
    })
}

/// None if it has no name; all its faults are told nevertheless.
fn service(mut members: Members, faults: &mut Faults) -> Option<Service> {
    let name = members.text("name", faults).unwrap_or_default();
    if !name.is_empty() {
        members.called("services", &name);
    }
    let port = members.number("port", 1..=i64::from(u16::MAX), faults);
    let cpu = members.maybe_number("cpu", 1..=U32, faults).unwrap_or(256);
    let memory = members.maybe_number("memory", 1..=U32, faults).unwrap_or(512);
    let replicas = members.maybe_number("replicas", 1..=U32, faults).unwrap_or(1);
    let health_path = members.text("health_path", faults);
    if let Some(rule) = health_path.as_ref().and_then(|path| bad_health_path(path, &name)) {
        faults.say(&members.place_of("health_path"), rule);
    }
    let health_command = members.maybe_texts("health_command", faults);
    if health_command.as_ref().is_some_and(Vec::is_empty) {
        faults.say(&members.place_of("health_command"), "must not be empty");
    }
    let image = members.maybe_text("image", faults).unwrap_or_default();
    let command = members.maybe_texts("command", faults).unwrap_or_default();
    if command.is_empty() && image.is_empty() {
        let rule = "must have a command (to run on one machine), an image (to run on ECS), or both";
        faults.say(members.place(), rule);
    }
    let environment = members.maybe_pairs("environment", faults);
    for key in environment.keys() {
        if key.is_empty() || key.contains('=') || key.starts_with("TENANTRY_") || key == "PORT" {
            faults.say(&members.place_of("environment"), format_args!("{key:?} is not yours to set"));
        }
    }
    let at = members.place_of("tables");
    let tables: Vec<Table> =
        members.tables("tables", faults).into_iter().filter_map(|t| table(t, &at, faults)).collect();
    repeated(tables.iter().map(|t| t.name.to_string()), &at, faults);
    let manages_users = members.maybe_flag("manages_users", faults).unwrap_or_default();
    let at = members.place_of("name");
    members.end(faults);
    if name.is_empty() {
        return None;
    }
    if RESERVED.contains(&name.as_str()) {
        faults.say(&at, format_args!("/{name} is the gateway's own path"));
    }
    let name = ServiceName::parse(name).map_err(|e| faults.say(&at, e)).ok()?;
    Some(Service {
        name,
        port: port.unwrap_or_default(),
        cpu,
        memory,
        replicas,
        health_path: health_path.unwrap_or_default(),
        health_command,
        image,
        command,
        environment,
        tables,
        manages_users,
    })
}

/// The rule that a health path breaks. The gateway lets anybody ask for it, so it must be no route of the service's.
fn bad_health_path(path: &str, service: &str) -> Option<String> {
    if !path.starts_with('/') {
        return Some("must begin with '/'".to_owned());
    }
    if !path.bytes().all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#') {
        return Some("must be a path alone: visible ASCII characters without '?' and '#'".to_owned());
    }
    let below = path.trim_matches('/') != service;
    (!below).then(|| {
        format!("must not be /{service} itself, which would be public; take a path below, such as /{service}/health")
    })
}

fn table(mut members: Members, list: &str, faults: &mut Faults) -> Option<Table> {
    let name = members.text("name", faults).unwrap_or_default();
    if !name.is_empty() {
        members.called(list, &name);
    }
    let partition_key = members.text("partition_key", faults);
    if partition_key.as_ref().is_some_and(String::is_empty) {
        faults.say(&members.place_of("partition_key"), "must not be empty");
    }
    let sort_key = members.maybe_text("sort_key", faults);
    let at = members.place_of("shared_by");
    let shared_by = members.maybe_texts("shared_by", faults).unwrap_or_default();
    let shared_by = shared_by.iter().map(|p| placement(p, &at, faults)).collect::<Vec<_>>();
    let at = members.place_of("name");
    members.end(faults);
    if name.is_empty() {
        return None;
    }
    let name = TableName::parse(name).map_err(|e| faults.say(&at, e)).ok()?;
    Some(Table { name, partition_key: partition_key.unwrap_or_default(), sort_key, shared_by })
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

    /// A catalogue of one service with these lines.
    fn shop(lines: &str) -> Vec<String> {
        let tier = "[[tiers]]\nname = \"a\"\nplacement = \"pooled\"\n";
        parse(&format!("{tier}[[services]]\n{lines}")).err().map(|faults| faults.0).unwrap_or_default()
    }

    #[test]
    fn faults_of_shape_hide_no_others() {
        let faults = parse(
            r#"
            tires = 1
            [[tiers]]
            placement = 3
            limits = "none"
            colour = "red"
            [[tiers]]
            name = "gold"
            placement = "pooled"
            [tiers.limits]
            requests_per_second = 1.5
            burst = 1
            per_day = 1
            [tiers.budget]
            work_seconds = 0
            [[services]]
            name = "shop"
            port = "80"
            command = "shop"
            manages_users = 1
            environment = { A = 1, PORT = "x" }
            [[services.tables]]
            name = "things"
            shared_by = ["nobody"]
            "#,
        )
        .unwrap_err();
        let expected = [
            "tires: is unknown here; there are tiers, services",
            "tiers[0].name: is required",
            "tiers[0].placement: must be a text, and is a whole number",
            "tiers[0].limits: must be a table, and is a text",
            "tiers[0].colour: is unknown here; there are name, placement, price, description, limits, budget",
            "tiers.gold.limits.requests_per_second: must be a whole number, and is a number with a fraction",
            "tiers.gold.limits.requests_per_day: is required",
            "tiers.gold.limits.per_day: is unknown here; there are requests_per_second, burst, requests_per_day",
            "tiers.gold.budget.work_seconds: 0 is out of range: it must be at least 1",
            "services.shop.port: must be a whole number, and is a text",
            "services.shop.health_path: is required",
            "services.shop.command: must be a list of texts, and is a text",
            "services.shop: must have a command (to run on one machine), an image (to run on ECS), or both",
            "services.shop.environment.A: must be a text, and is a whole number",
            "services.shop.environment: \"PORT\" is not yours to set",
            "services.shop.tables.things.partition_key: is required",
            "services.shop.tables.things.shared_by: \"nobody\" is none of pooled, dedicated-services, \
             dedicated-cluster, external",
            "services.shop.manages_users: must be true or false, and is a whole number",
        ];
        assert_eq!(faults.0, expected, "{faults}");
    }

    #[test]
    fn a_number_out_of_range_is_told_both_bounds() {
        let faults = shop("name = \"shop\"\nport = 99999\nhealth_path = \"/h\"\ncommand = [\"shop\"]\n");
        let told = "services.shop.port: 99999 is out of range: it must be at least 1 and at most 65535";
        assert_eq!(faults, [told]);
    }

    #[test]
    fn a_service_cannot_take_the_gateways_own_paths() {
        for name in RESERVED {
            let faults = shop(&format!("name = {name:?}\nport = 1\nhealth_path = \"/h\"\ncommand = [\"s\"]\n"));
            assert_eq!(faults, [format!("services.{name}.name: /{name} is the gateway's own path")]);
        }
    }

    #[test]
    fn a_health_path_makes_no_route_public() {
        let told =
            |path: &str| shop(&format!("name = \"shop\"\nport = 1\nhealth_path = {path:?}\ncommand = [\"shop\"]\n"));
        for good in ["/shop/health", "/health", "/", "/shop/a/b"] {
            assert_eq!(told(good), Vec::<String>::new(), "{good}");
        }
        for bad in ["health", "/shop", "/shop/", "//shop", "/shop/health?deep", "/shop/a b", ""] {
            let faults = told(bad);
            assert!(faults.len() == 1 && faults[0].starts_with("services.shop.health_path: must"), "{bad}: {faults:?}");
        }
    }

    #[test]
    fn a_tier_without_limits_is_unlimited() {
        let catalogue = parse("[[tiers]]\nname = \"a\"\nplacement = \"external\"").unwrap();
        assert!(catalogue.tiers[0].limits.is_unlimited());
        assert!(!parse(Catalogue::DEFAULT).unwrap().tiers[0].limits.is_unlimited());
    }
}
