//! Where a follower of the log is.

use tenantry_contract::time::Timestamp;
use tenantry_ports::page::Position;
use tenantry_ports::store::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// After the event with this number in one process's tail, which it had seen at this moment.
    Tail { tail: String, number: u64, seen: Timestamp },
    /// After the event with this sort key, behind what a tail remembers.
    Log { sk: String },
}

impl At {
    pub fn parse(position: &Position) -> Result<Self, StoreError> {
        let parts: Vec<&str> = position.0.split('.').collect();
        let parsed =
            match parts[..] {
                ["log", sk] => Some(Self::Log { sk: sk.to_owned() }),
                ["tail", tail, number, seen] => number.parse().ok().zip(seen.parse().ok()).map(|(number, seen)| {
                    Self::Tail { tail: tail.to_owned(), number, seen: Timestamp::from_millis(seen) }
                }),
                _ => None,
            };
        parsed.ok_or_else(|| StoreError::Broken { what: "the position is none of this log's".into(), cause: None })
    }
}

impl From<At> for Position {
    fn from(at: At) -> Self {
        Self(match at {
            At::Tail { tail, number, seen } => format!("tail.{tail}.{number}.{}", seen.millis()),
            At::Log { sk } => format!("log.{sk}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_back() {
        let tail = At::Tail { tail: "0199-ab".into(), number: 7, seen: Timestamp::from_millis(5) };
        for at in [tail, At::Log { sk: "000000000000005#0199-ab".into() }] {
            assert_eq!(At::parse(&at.clone().into()).unwrap(), at);
        }
        for bad in ["", "7", "tail.x", "tail.x.y.z", "log"] {
            assert!(At::parse(&Position(bad.into())).is_err(), "{bad}");
        }
    }
}
