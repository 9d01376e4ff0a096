//! What the stage's stack makes for the bus, written down once: a bus, and for each consumer one rule, its queue and
//! where its dead letters go. Never a rule per tenant.

mod make;
mod wanted;

use tenantry_contract::event::Sources;
use tenantry_ports::bus::{Consumer, MAX_RECEIVES};

pub use self::make::{MakeError, make};
pub use self::wanted::{Arns, pattern, queue_policy, redrive_allow_policy, redrive_policy};

use super::Queues;

/// How often and for how long EventBridge tries to deliver before the message goes to the dead letters.
pub const DELIVERY_HOURS: i32 = 24;
pub const DELIVERY_TRIES: i32 = 185;

const DAY: u32 = 24 * 60 * 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    pub bus: String,
    pub branches: Vec<Branch>,
}

/// What leads to one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    pub consumer: Consumer,
    pub rule: String,
    /// What the rule's only target is called in it.
    pub target: String,
    /// What the rule matches.
    pub matched: Matched,
    pub queue: String,
    pub dead_letters: String,
    pub max_receives: u32,
    /// Messages wait so long in the queue.
    pub kept_seconds: u32,
    /// Longer, as SQS counts from when the message came to the first queue.
    pub dead_letters_kept_seconds: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// These detail types, whoever publishes them.
    These(Vec<&'static str>),
    /// Everything of one source but these detail types, so that one nobody knows is seen.
    AllOf { source: String, but: Vec<&'static str> },
}

pub fn topology(names: &Queues, sources: &Sources) -> Topology {
    let matched = |consumer: Consumer| match consumer {
        Consumer::Provisioner => Matched::These(consumer.names().iter().map(|name| name.detail_type()).collect()),
        Consumer::ControlPlane => {
            Matched::AllOf { source: sources.application_plane.clone(), but: Consumer::unheard() }
        }
    };
    let branch = |consumer: Consumer| Branch {
        consumer,
        rule: names.rule_of(consumer).to_owned(),
        target: "queue".to_owned(),
        matched: matched(consumer),
        queue: names.of(consumer).to_owned(),
        dead_letters: names.dead_letters_of(consumer),
        max_receives: MAX_RECEIVES,
        kept_seconds: 4 * DAY,
        dead_letters_kept_seconds: 14 * DAY,
    };
    Topology { bus: names.bus.clone(), branches: Consumer::ALL.map(branch).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_consumer_has_one_rule_for_what_it_hears() {
        let made = topology(&Queues::of_stage("prod"), &Sources::default());
        assert_eq!(made.bus, "prod-bus");
        let provisioner = &made.branches[0];
        let requests = vec!["sbt_aws_onboardingRequest", "sbt_aws_offboardingRequest"];
        assert_eq!(provisioner.matched, Matched::These(requests));
        assert_eq!(
            (provisioner.rule.as_str(), provisioner.queue.as_str(), provisioner.dead_letters.as_str()),
            ("prod-provisioner", "prod-provisioner", "prod-provisioner-dead")
        );
        let Matched::AllOf { source, but } = &made.branches[1].matched else { panic!("{made:?}") };
        assert_eq!(source, "sbt.application.plane");
        assert!(but.contains(&"tenantry_provisionProgress") && but.contains(&"ingestUsage"));
        assert!(!but.iter().any(|name| name.ends_with("rovisionSuccess")), "{but:?}");
        assert!(pattern(&made.branches[1]).to_string().len() < 2_048, "EventBridge takes no longer one");
        assert_eq!(made.branches.len(), Consumer::ALL.len());
    }
}
