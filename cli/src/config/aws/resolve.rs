//! How services are found.

use aws_config::SdkConfig;
use tenantry_aws::routes::Resolver;

use super::Values;

pub struct Resolve {
    /// Ids of Cloud Map namespaces.
    pub namespaces: Vec<String>,
    by_dns: bool,
}

impl Resolve {
    /// None if something is wrong, which is noted.
    pub fn read(values: &mut Values) -> Option<Self> {
        let by_dns = values.read("resolver", |text| match text {
            "dns" => Ok(true),
            "cloud-map" => Ok(false),
            _ => Err(format!("{text:?} is neither dns nor cloud-map")),
        });
        Some(Self { namespaces: values.list("namespaces"), by_dns: by_dns? })
    }

    pub fn resolver(&self, sdk: &SdkConfig) -> Resolver {
        if self.by_dns { Resolver::Dns } else { Resolver::cloud_map(sdk) }
    }
}
