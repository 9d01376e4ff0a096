//! Who may call whom by a security group's rules: each source of each rule on its own, so that two groups can be
//! compared whole.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroup, UserIdGroupPair};

use crate::runtime::spec::GroupSpec;

/// One source that may call one range of ports by one protocol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    protocol: String,
    /// None where the protocol has no ports, or all of them.
    ports: Option<(i32, i32)>,
    source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Group(String),
    V4(String),
    V6(String),
    Prefixes(String),
}

impl Rule {
    pub fn permission(&self) -> IpPermission {
        let range = IpPermission::builder().ip_protocol(&self.protocol);
        let range = range.set_from_port(self.ports.map(|(from, _)| from)).set_to_port(self.ports.map(|(_, to)| to));
        match &self.source {
            Source::Group(id) => range.user_id_group_pairs(UserIdGroupPair::builder().group_id(id).build()),
            Source::V4(cidr) => range.ip_ranges(IpRange::builder().cidr_ip(cidr).build()),
            Source::V6(cidr) => range.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr).build()),
            Source::Prefixes(id) => range.prefix_list_ids(PrefixListId::builder().prefix_list_id(id).build()),
        }
        .build()
    }
}

/// The gateway's and the provisioner's groups and the tenant's own, on its services' ports, and nobody else.
pub fn wanted(spec: &GroupSpec, itself: &str) -> BTreeSet<Rule> {
    let callers: Vec<&str> = spec.callers.iter().map(String::as_str).chain([itself]).collect();
    let rule = |from: u16, to: u16, caller: &str| Rule {
        protocol: "tcp".to_owned(),
        ports: Some((from.into(), to.into())),
        source: Source::Group(caller.to_owned()),
    };
    spec.ports.iter().flat_map(|(from, to)| callers.iter().map(move |caller| rule(*from, *to, caller))).collect()
}

/// All that admits anybody, whoever made it.
pub fn there(group: &SecurityGroup) -> BTreeSet<Rule> {
    group.ip_permissions().iter().flat_map(of_permission).collect()
}

fn of_permission(permission: &IpPermission) -> Vec<Rule> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let groups = permission.user_id_group_pairs().iter().filter_map(|pair| text(pair.group_id()).map(Source::Group));
    let v4 = permission.ip_ranges().iter().filter_map(|range| text(range.cidr_ip()).map(Source::V4));
    let v6 = permission.ipv6_ranges().iter().filter_map(|range| text(range.cidr_ipv6()).map(Source::V6));
    let prefixes = permission.prefix_list_ids().iter().filter_map(|list| text(list.prefix_list_id()));
    let sources = groups.chain(v4).chain(v6).chain(prefixes.map(Source::Prefixes));
    let protocol = permission.ip_protocol().unwrap_or("-1").to_owned();
    let ports = permission.from_port().zip(permission.to_port());
    sources.map(|source| Rule { protocol: protocol.clone(), ports, source }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> GroupSpec {
        let callers = vec!["sg-gateway".to_owned()];
        GroupSpec {
            name: "prod_t-1".into(),
            vpc: "vpc-1".into(),
            ports: vec![(3010, 3012)].into_iter().collect(),
            callers,
        }
    }

    fn group(rules: &BTreeSet<Rule>) -> SecurityGroup {
        SecurityGroup::builder().set_ip_permissions(Some(rules.iter().map(Rule::permission).collect())).build()
    }

    #[test]
    fn what_is_wanted_is_told_from_all_that_is_not() {
        let wanted = wanted(&spec(), "sg-own");
        assert_eq!(wanted.len(), 2);
        assert_eq!(there(&group(&wanted)), wanted);
        let strangers = [
            IpPermission::builder().ip_protocol("tcp").from_port(3010).to_port(3012),
            IpPermission::builder().ip_protocol("-1"),
            IpPermission::builder().ip_protocol("udp").from_port(3010).to_port(3012),
        ];
        let sources: [fn(_) -> _; 3] = [
            |rule: aws_sdk_ec2::types::builders::IpPermissionBuilder| {
                rule.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
            },
            |rule| rule.ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build()),
            |rule| rule.prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build()),
        ];
        for stranger in strangers {
            for source in sources {
                let opened = SecurityGroup::builder()
                    .set_ip_permissions(Some(wanted.iter().map(Rule::permission).collect()))
                    .ip_permissions(source(stranger.clone()).build())
                    .build();
                let extra: Vec<Rule> = there(&opened).difference(&wanted).cloned().collect();
                assert_eq!(extra.len(), 1, "{extra:?}");
                // As it has to be named to be revoked.
                assert_eq!(of_permission(&extra[0].permission()), extra);
            }
        }
        // The same groups by another protocol are not the wanted ones.
        let own = UserIdGroupPair::builder().group_id("sg-own").build();
        let udp = IpPermission::builder().ip_protocol("udp").from_port(3010).to_port(3012).user_id_group_pairs(own);
        let other = SecurityGroup::builder().ip_permissions(udp.build()).build();
        assert!(there(&other).is_disjoint(&wanted));
    }
}
