//! What a receipt holds. SQS cannot move a message between queues, so whoever rejects one has to have its body at
//! hand: the receipt carries it, and nothing has to be remembered between receipt and rejection.

use tenantry_ports::bus::Receipt;

#[derive(Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// SQS's own receipt.
    pub handle: &'a str,
    pub body: Option<&'a str>,
}

/// Is in no handle of SQS's.
const BETWEEN: char = '\n';

impl<'a> Held<'a> {
    pub fn of(receipt: &'a Receipt) -> Self {
        match receipt.0.split_once(BETWEEN) {
            Some((handle, body)) => Self { handle, body: Some(body) },
            None => Self { handle: &receipt.0, body: None },
        }
    }

    pub fn receipt(&self) -> Receipt {
        let Self { handle, body } = self;
        Receipt(body.map_or_else(|| (*handle).to_owned(), |body| format!("{handle}{BETWEEN}{body}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_what_was_put_into_it() {
        for held in [Held { handle: "AQEB+/=", body: Some("{\n}") }, Held { handle: "a", body: Some("") }] {
            assert_eq!(Held::of(&held.receipt()), held);
        }
        assert_eq!(Held::of(&Receipt("made up".into())), Held { handle: "made up", body: None });
    }
}
