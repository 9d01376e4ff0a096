//! What a catalogue must have besides to run on one machine.

use tenantry_contract::catalogue::{Catalogue, Placement};

use super::Faults;

/// Notes every service that only ECS could run. Where another application plane places all tenants, none runs here.
pub fn check(catalogue: &Catalogue, faults: &mut Faults) {
    if catalogue.tiers.iter().all(|tier| tier.placement == Placement::External) {
        return;
    }
    for service in catalogue.services.iter().filter(|service| service.command.is_empty()) {
        let name = &service.name;
        faults.say(
            "catalogue",
            format_args!(
                "services.{name}.command: is not set. The service {name:?} has an image alone, which only ECS runs; \
                 say what starts it on this machine, or leave the service out",
                name = name.as_str()
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(placement: &str) -> String {
        let service = |name: &str, what: &str| {
            format!("[[services]]\nname = {name:?}\nport = 1\nhealth_path = \"/{name}/health\"\n{what}\n")
        };
        let text = format!("[[tiers]]\nname = \"basic\"\nplacement = {placement:?}\n")
            + &service("one", "image = \"one:1\"")
            + &service("two", "command = [\"two\"]\nimage = \"two:1\"")
            + &service("three", "image = \"three:1\"");
        let mut faults = Faults::default();
        check(&Catalogue::parse(&text).unwrap(), &mut faults);
        faults.check().map_or_else(|faults| faults.to_string(), |()| String::new())
    }

    #[test]
    fn each_service_that_cannot_run_here_is_named() {
        let told = told("pooled");
        assert!(told.contains("services.one.command") && told.contains("services.three.command"), "{told}");
        assert!(!told.contains("services.two"), "{told}");
    }

    #[test]
    fn another_application_plane_runs_what_it_likes() {
        assert_eq!(told("external"), "");
    }
}
