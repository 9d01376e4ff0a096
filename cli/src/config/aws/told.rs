//! What is configured, apart from what one role alone has.

use super::{Common, State, Values};
use crate::config::Oidc;
use crate::config::origins::address;

pub struct Told {
    pub common: Common,
    pub state: State,
    pub oidc: Oidc,
    /// Where users reach the gateway; only the control plane says so.
    pub gateway_url: String,
}

impl Told {
    /// None if something is wrong, which is noted.
    pub fn read(values: &mut Values) -> Option<Self> {
        let (common, state) = (Common::read(values), State::read(values));
        let oidc = Oidc::read(values.some("oidc-issuers").as_deref(), &mut values.faults);
        let gateway_url = match values.some("gateway-url") {
            Some(_) => values.read("gateway-url", address),
            None => Some(String::new()),
        };
        Some(Self { common: common?, state: state?, oidc, gateway_url: gateway_url? })
    }
}
