//! Names people choose, parsed once at the edge.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a name must be and is not, as a sentence fragment after the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadName(&'static str);

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident => $check:path, $why:literal);* $(;)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The rule, in words.
            pub const RULE: &'static str = $why;

            pub fn parse(text: impl Into<String>) -> Result<Self, BadName> {
                let text = text.into();
                if $check(&text) { Ok(Self(text)) } else { Err(BadName(Self::RULE)) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A tenant's name: unique among tenants that are not deleted, and a DNS label.
    TenantName => is_label, "must be 1 to 40 lower-case letters, digits or '-', and begin with a letter";
    /// A service of the catalogue.
    ServiceName => is_short_label, "must be 1 to 20 lower-case letters, digits or '-', and begin with a letter";
    /// A table of a service.
    TableName => is_short_label, "must be 1 to 20 lower-case letters, digits or '-', and begin with a letter";
    /// An e-mail address.
    Email => is_email, "must be an e-mail address such as ada@example.com";
}

fn is_label(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_short_label(text: &str) -> bool {
    text.len() <= 20 && is_label(text)
}

/// Deliberately loose, as only a delivered mail proves an address; strict on what breaks headers and logs.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= 254
        && !local.is_empty()
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b))
}

impl Email {
    /// The form two addresses are compared in.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_names() {
        for good in ["a", "acme", "acme-2", &"a".repeat(40)] {
            assert!(TenantName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "2acme", "-a", "Acme", "a_b", "a.b", "é", &"a".repeat(41)] {
            assert!(TenantName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn emails() {
        for good in ["ada@example.com", "a.b+c@x-y.co.uk"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "ada", "ada@", "@x.y", "ada@x", "a b@x.y", "a@x..y", "a@b@c.d", "a\r\n@x.y"] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }
}
