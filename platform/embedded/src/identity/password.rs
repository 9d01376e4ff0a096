//! Passwords: the policy, one-time ones that are derived, chosen ones that are hashed.

mod hasher;

pub(super) use self::hasher::{HashError, Hasher};

use super::secret::ServerKey;

/// Longer ones are refused before any work is put into them.
pub(super) const LONGEST: usize = 256;

/// What counts as a symbol in Cognito's default policy.
const SYMBOLS: &str = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ";

/// A rule of the policy, as the page lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Length,
    Lowercase,
    Uppercase,
    Digit,
    Symbol,
    /// A space at the beginning or the end is no symbol of Cognito's, and easily lost.
    Edges,
}

impl Rule {
    pub(super) const ALL: [Self; 6] =
        [Self::Length, Self::Lowercase, Self::Uppercase, Self::Digit, Self::Symbol, Self::Edges];

    fn is_kept(self, password: &str) -> bool {
        let has = |is: fn(char) -> bool| password.chars().any(is);
        match self {
            Self::Length => password.chars().count() >= 8 && password.len() <= LONGEST,
            Self::Lowercase => has(|c| c.is_ascii_lowercase()),
            Self::Uppercase => has(|c| c.is_ascii_uppercase()),
            Self::Digit => has(|c| c.is_ascii_digit()),
            Self::Symbol => has(|c| SYMBOLS.contains(c)),
            Self::Edges => !password.starts_with(' ') && !password.ends_with(' '),
        }
    }
}

/// Every rule that a password breaks.
pub(super) fn broken(password: &str) -> Vec<Rule> {
    Rule::ALL.into_iter().filter(|rule| !rule.is_kept(password)).collect()
}

/// Cognito's default policy; the sentence is Cognito's too.
pub(super) fn fault(password: &str) -> Option<&'static str> {
    let lacks = |has: fn(char) -> bool| !password.chars().any(has);
    if password.chars().count() < 8 {
        Some("Password did not conform with policy: Password not long enough")
    } else if password.len() > LONGEST {
        Some("Password did not conform with policy: Password too long")
    } else if lacks(|c| c.is_ascii_lowercase()) {
        Some("Password did not conform with policy: Password must have lowercase characters")
    } else if lacks(|c| c.is_ascii_uppercase()) {
        Some("Password did not conform with policy: Password must have uppercase characters")
    } else if lacks(|c| c.is_ascii_digit()) {
        Some("Password did not conform with policy: Password must have numeric characters")
    } else if lacks(|c| SYMBOLS.contains(c)) || password.starts_with(' ') || password.ends_with(' ') {
        Some("Password did not conform with policy: Password must have symbol characters")
    } else {
        None
    }
}

/// The one-time password of a user: the same whenever it is asked for, and nowhere stored. Four groups of four
/// characters that cannot be mistaken for each other, about 87 bits.
pub(super) fn one_time(key: &ServerKey, user: &[&str], nonce: &[u8]) -> String {
    const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    const LOWER: &[u8] = b"abcdefghijkmnpqrstuvwxyz";
    const DIGIT: &[u8] = b"23456789";
    const ANY: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    let mut parts: Vec<&[u8]> = user.iter().map(|part| part.as_bytes()).collect();
    parts.push(nonce);
    let bits = key.derive("one-time-password", &parts);
    let mut text = String::with_capacity(19);
    for (index, two) in bits.chunks_exact(2).enumerate() {
        // One of each kind comes first, so that the policy is met whatever the bits are.
        let from = match index {
            0 => UPPER,
            1 => LOWER,
            2 => DIGIT,
            _ => ANY,
        };
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(from[usize::from(u16::from_be_bytes([two[0], two[1]])) % from.len()]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_what_is_missing() {
        for (password, missing) in [
            ("Ab1!", "long enough"),
            ("ABCDEFG1!", "lowercase"),
            ("abcdefg1!", "uppercase"),
            ("Abcdefgh!", "numeric"),
            ("Abcdefgh1", "symbol"),
        ] {
            assert!(fault(password).unwrap().contains(missing), "{password}");
        }
        assert!(fault(&format!("Ab1!{}", "x".repeat(LONGEST))).unwrap().contains("too long"));
        assert_eq!(fault("Abcdefg1!"), None);
    }

    #[test]
    fn every_broken_rule_is_named_and_both_words_agree() {
        use Rule::{Digit, Edges, Length, Lowercase, Symbol, Uppercase};
        for (password, rules) in [
            ("", vec![Length, Lowercase, Uppercase, Digit, Symbol]),
            ("abc", vec![Length, Uppercase, Digit, Symbol]),
            ("Abcdefg1", vec![Symbol]),
            ("Abcdefg1! ", vec![Edges]),
            ("Abcdefg1!", vec![]),
        ] {
            assert_eq!(broken(password), rules, "{password}");
            assert_eq!(fault(password).is_none(), rules.is_empty(), "{password}");
        }
        assert_eq!(broken(&format!("Ab1!{}", "x".repeat(LONGEST))), [Length]);
    }

    #[test]
    fn one_time_passwords_meet_the_policy_and_differ() {
        let key = ServerKey::new([1; 32]);
        let mut seen = std::collections::BTreeSet::new();
        for nonce in 0_u16..500 {
            let password = one_time(&key, &["pool", "tenant", "ada"], &nonce.to_be_bytes());
            assert_eq!(fault(&password), None, "{password}");
            assert_eq!(password.len(), 19);
            assert!(seen.insert(password));
        }
        assert_eq!(one_time(&key, &["p", "t", "a"], b"n"), one_time(&key, &["p", "t", "a"], b"n"));
        assert_ne!(one_time(&key, &["p", "t", "a"], b"n"), one_time(&key, &["p", "t", "b"], b"n"));
    }
}
