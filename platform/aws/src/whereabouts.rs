//! What AWS knows of where we are, so that nobody has to configure it: the account, a subnet's zone, a namespace's name.

use aws_config::SdkConfig;

use crate::fault::{Fault, call};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// `aws`, or the name of another partition.
    pub partition: String,
    pub region: String,
    pub account: String,
    /// Who the credentials are of.
    pub caller: String,
}

/// Asks who we are. The first call of a process: it shows whether there are usable credentials.
pub async fn whereabouts(sdk: &SdkConfig) -> Result<Whereabouts, Fault> {
    let asked = || call("sts:GetCallerIdentity", "these credentials");
    let answer = aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await.map_err(|e| asked().fault(e))?;
    let region = sdk.region().ok_or_else(|| asked().nonsense("no region is configured; set AWS_REGION"))?;
    let partition = answer.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    let account = answer.account().ok_or_else(|| asked().nonsense("the answer names no account"))?;
    let caller = answer.arn().unwrap_or_default().to_owned();
    Ok(Whereabouts { partition: partition.to_owned(), region: region.to_string(), account: account.to_owned(), caller })
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSubnet {
    pub id: String,
    pub zone: String,
    pub vpc: String,
}

/// The subnets of those ids, in their order.
pub async fn subnets(sdk: &SdkConfig, ids: &[String]) -> Result<Vec<KnownSubnet>, Fault> {
    let asked = || call("ec2:DescribeSubnets", ids.join(", "));
    let answer = aws_sdk_ec2::Client::new(sdk).describe_subnets().set_subnet_ids(Some(ids.to_vec())).send().await;
    let answer = answer.map_err(|e| asked().fault(e))?;
    let known = |id: &String| {
        let subnet = answer.subnets().iter().find(|s| s.subnet_id() == Some(id))?;
        let (zone, vpc) = (subnet.availability_zone()?.to_owned(), subnet.vpc_id()?.to_owned());
        Some(KnownSubnet { id: id.clone(), zone, vpc })
    };
    ids.iter().map(|id| known(id).ok_or_else(|| asked().nonsense(format!("{id} is not in the answer")))).collect()
}

/// The domain of a Cloud Map namespace.
pub async fn namespace(sdk: &SdkConfig, id: &str) -> Result<String, Fault> {
    let asked = || call("servicediscovery:GetNamespace", format!("namespace {id}"));
    let answer = aws_sdk_servicediscovery::Client::new(sdk).get_namespace().id(id).send().await;
    let answer = answer.map_err(|e| asked().fault(e))?;
    let name = answer.namespace().and_then(|namespace| namespace.name()).map(str::to_owned);
    name.ok_or_else(|| asked().nonsense("the answer has no name"))
}
