//! The languages of the pages. The texts are in files, one a language.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Korean,
}

/// Every text in one language. Words in braces are replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    /// The language, as HTML names it.
    pub(super) tag: String,
    pub(super) sign_in: String,
    pub(super) user_name: String,
    pub(super) email: String,
    pub(super) password: String,
    pub(super) show_password: String,
    pub(super) hide_password: String,
    pub(super) wrong_user_name: String,
    pub(super) wrong_email: String,
    pub(super) fill_in: String,
    pub(super) locked: String,
    pub(super) second: String,
    pub(super) seconds: String,
    pub(super) minute: String,
    pub(super) minutes: String,
    pub(super) busy: String,
    pub(super) page_expired: String,
    pub(super) session_expired: String,
    pub(super) choose_password: String,
    pub(super) choose_intro: String,
    pub(super) signing_in_as: String,
    pub(super) rules: String,
    pub(super) rule_length: String,
    pub(super) rule_lowercase: String,
    pub(super) rule_uppercase: String,
    pub(super) rule_digit: String,
    pub(super) rule_symbol: String,
    pub(super) rule_edges: String,
    pub(super) new_password: String,
    pub(super) confirm_password: String,
    pub(super) different: String,
    pub(super) unfit: String,
    pub(super) set_password: String,
    pub(super) signed_in: String,
    pub(super) signed_in_intro: String,
    pub(super) error: String,
    pub(super) problem: String,
    pub(super) named_twice: String,
    pub(super) form_incomplete: String,
    pub(super) cannot_carry_on: String,
    pub(super) client_unsaid: String,
    pub(super) client_unknown: String,
    pub(super) redirect_unregistered: String,
    pub(super) logout_unsaid: String,
    pub(super) nobody_signs_in: String,
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/en.json")));
static KOREAN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("texts/ko.json")));

fn read(file: &str) -> Texts {
    serde_json::from_str(file).unwrap_or_else(|e| unreachable!("a test reads every file of texts: {e}"))
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Korean];

    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Korean => &KOREAN,
        }
    }

    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.texts().tag.eq_ignore_ascii_case(primary))
    }

    /// The language that an `Accept-Language` header prefers of those there are; the first of equals.
    pub(super) fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for part in header.split(',') {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse).unwrap_or(0.0_f32);
            let Some(language) = Self::of_tag(tag.trim()) else { continue };
            if quality > 0.0 && best.is_none_or(|(_, other)| quality > other) {
                best = Some((language, quality));
            }
        }
        best.map(|(language, _)| language)
    }
}

impl Texts {
    /// A time to wait, in whole seconds or minutes, rounded up.
    pub(super) fn wait(&self, wait: Duration) -> String {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let (one, many, count) = if seconds < 60 {
            (&self.second, &self.seconds, seconds)
        } else {
            (&self.minute, &self.minutes, seconds.div_ceil(60))
        };
        if count == 1 { one.clone() } else { fill(many, &[("count", &count.to_string())]) }
    }
}

/// The text with each name in braces replaced by its value. Values are not looked into.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| {
            let value = values.iter().find(|(known, _)| *known == name)?;
            Some((value.1, after))
        });
        if let Some((value, after)) = value {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text_with_the_same_places_to_fill() {
        let read = |file| serde_json::from_str::<std::collections::BTreeMap<String, String>>(file).unwrap();
        let (english, korean) = (read(include_str!("texts/en.json")), read(include_str!("texts/ko.json")));
        assert!(english.keys().eq(korean.keys()));
        let places = |text: &str| {
            let mut places: Vec<_> =
                text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
            places.sort();
            places
        };
        for (key, text) in &english {
            assert!(!text.is_empty() && !korean[key].is_empty(), "{key}");
            assert_eq!(places(text), places(&korean[key]), "{key}");
        }
        assert_eq!(Language::ALL.map(|language| language.texts().tag.as_str()), ["en", "ko"]);
    }

    #[test]
    fn the_header_says_what_is_preferred() {
        for (header, language) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", Some(Language::Korean)),
            ("en-GB,en;q=0.9,ko;q=0.8", Some(Language::English)),
            ("de, ko;q=0.5, en;q=0.7", Some(Language::English)),
            ("KO", Some(Language::Korean)),
            ("de", None),
            ("ko;q=0", None),
            ("", None),
            ("ko;q=much,en;q=0.1", Some(Language::English)),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }

    #[test]
    fn a_value_is_not_looked_into() {
        assert_eq!(fill("a {b} {c} {", &[("b", "{c}"), ("c", "d")]), "a {c} d {");
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let texts = Language::English.texts();
        for (seconds, said) in
            [(0, "1 second"), (30, "30 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes")]
        {
            assert_eq!(texts.wait(Duration::from_secs(seconds)), said);
        }
        assert_eq!(Language::Korean.texts().wait(Duration::from_secs(90)), "2분");
    }
}
