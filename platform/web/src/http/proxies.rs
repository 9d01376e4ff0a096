//! Proxies before us, and what they say of a request. Anybody may send the headers they use: they are read from those
//! alone that we were told of.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};

pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where trusted proxies are; nowhere by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// Addresses that begin alike, such as `10.0.0.0/8`; an address alone is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// What a trusted proxy says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// Whoever called the first proxy that we trust.
    pub client: IpAddr,
    /// How: `http` or `https`.
    pub scheme: Option<&'static str>,
    pub host: Option<HeaderValue>,
}

impl Proxies {
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// What is known of a request beside who sent it to us; none if that is nobody we trust.
    pub fn heard(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Forwarded> {
        if self.0.is_empty() || !self.trusts(peer) {
            return None;
        }
        let scheme = match only(headers, &X_FORWARDED_PROTO).map(HeaderValue::as_bytes) {
            Some(b"https") => Some("https"),
            Some(b"http") => Some("http"),
            _ => None,
        };
        let host = only(headers, &X_FORWARDED_HOST).cloned();
        Some(Forwarded { client: self.client(peer, headers), scheme, host })
    }

    /// From the peer outwards: each proxy has added by whom it was called. What stands before an address that we do not
    /// trust, or before what is no address, is anybody's word.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let values = headers.get_all(X_FORWARDED_FOR).into_iter().collect::<Vec<_>>();
        let hops = values.into_iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops {
            let Some(address) = address(hop) else { break };
            nearest = address;
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }

    /// Whether a trusted proxy is at the address.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address.to_canonical()))
    }
}

impl Network {
    fn has(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix.into()
            }
            _ => false,
        }
    }

    /// The same network by its first address.
    fn first(self) -> Self {
        let prefix = u32::from(self.prefix);
        let address = match self.address {
            IpAddr::V4(own) => {
                let rest = u32::MAX.checked_shr(prefix).unwrap_or(0);
                IpAddr::V4((own.to_bits() & !rest).into())
            }
            IpAddr::V6(own) => {
                let rest = u128::MAX.checked_shr(prefix).unwrap_or(0);
                IpAddr::V6((own.to_bits() & !rest).into())
            }
        };
        Self { address, ..self }
    }

    /// IPv4 in IPv6's clothes is the IPv4 network: that is how addresses are held against it.
    fn canonical(self) -> Self {
        match (self.address, self.address.to_canonical(), self.prefix.checked_sub(96)) {
            (IpAddr::V6(_), address @ IpAddr::V4(_), Some(prefix)) => Self { address, prefix },
            _ => self,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is no network such as 10.0.0.0/8 or 2001:db8::/32");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.parse().map_err(|_| bad()))?;
        if prefix > longest {
            return Err(bad());
        }
        let network = Self { address, prefix };
        let proper = network.first().canonical();
        if proper.prefix == 0 {
            return Err(format!("{text:?} is everybody: what any client says would be believed"));
        }
        if proper == network { Ok(network) } else { Err(format!("{text:?} is written {proper}")) }
    }
}

/// The one value of a header.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// An address as proxies write it: some add the port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> Proxies {
        Proxies::new(networks.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn nobody_is_believed_unless_named() {
        let said = headers(&[(X_FORWARDED_FOR, "192.0.2.1"), (X_FORWARDED_PROTO, "https"), (X_FORWARDED_HOST, "a.b")]);
        assert_eq!(Proxies::default().heard(ip("10.0.0.1"), &said), None);
        assert_eq!(proxies(&["10.0.0.0/8"]).heard(ip("11.0.0.1"), &said), None);
        let host = Some(HeaderValue::from_static("a.b"));
        let expected = Forwarded { client: ip("192.0.2.1"), scheme: Some("https"), host };
        assert_eq!(proxies(&["10.0.0.0/8"]).heard(ip("::ffff:10.9.9.9"), &said), Some(expected));
    }

    #[test]
    fn the_client_is_whoever_called_the_outermost_proxy_we_trust() {
        let proxies = proxies(&["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.200"]);
        for (lines, client) in [
            (&[][..], "10.0.0.1"),
            (&["192.0.2.1"], "192.0.2.1"),
            // What a client made up stands farther out than what a proxy has added.
            (&["203.0.113.7, 192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.7", "192.0.2.1, 10.1.1.1"], "192.0.2.1"),
            (&["192.0.2.1, 192.0.2.200, 10.1.1.1"], "192.0.2.1"),
            (&["2001:db8:2::9, [2001:db8:1::7]:443"], "2001:db8:2::9"),
            (&["192.0.2.1:5555"], "192.0.2.1"),
            (&["[2001:db8:2::9]"], "2001:db8:2::9"),
            (&["192.0.2.1, unknown, 10.1.1.1"], "10.1.1.1"),
            (&["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
            (&["192.0.2.1, "], "10.0.0.1"),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| (X_FORWARDED_FOR, *line)).collect();
            let heard = proxies.heard(ip("10.0.0.1"), &headers(&lines)).unwrap();
            assert_eq!(heard.client, ip(client), "{lines:?}");
        }
    }

    #[test]
    fn what_is_said_twice_or_strangely_is_not_heard() {
        for lines in [
            &[(X_FORWARDED_PROTO, "https"), (X_FORWARDED_PROTO, "http")][..],
            &[(X_FORWARDED_PROTO, "gopher")],
            &[(X_FORWARDED_HOST, "a"), (X_FORWARDED_HOST, "b")],
        ] {
            let heard = proxies(&["10.0.0.1"]).heard(ip("10.0.0.1"), &headers(lines)).unwrap();
            assert_eq!((heard.scheme, heard.host), (None, None), "{lines:?}");
        }
    }

    #[test]
    fn a_network_is_written_one_way() {
        for good in ["10.0.0.0/8", "10.1.2.3/32", "10.1.2.128/25", "2001:db8::/32", "::1/128"] {
            assert_eq!(good.parse::<Network>().unwrap().to_string(), good);
        }
        assert_eq!("10.1.2.3".parse::<Network>().unwrap().to_string(), "10.1.2.3/32");
        for (bad, words) in [
            ("10.0.0.0/33", "is no network"),
            ("10.0.0/8", "is no network"),
            ("10.0.0.0/", "is no network"),
            ("all", "is no network"),
            ("10.1.2.3/8", "is written 10.0.0.0/8"),
            ("2001:db8::1/32", "is written 2001:db8::/32"),
            ("::ffff:10.0.0.0/104", "is written 10.0.0.0/8"),
            ("::ffff:10.1.2.3/104", "is written 10.0.0.0/8"),
            ("::ffff:10.1.2.3", "is written 10.1.2.3/32"),
            ("::ffff:0.0.0.0/96", "is everybody"),
            ("0.0.0.0/0", "is everybody"),
            ("::/0", "is everybody"),
        ] {
            assert!(bad.parse::<Network>().unwrap_err().contains(words), "{bad}");
        }
    }
}
