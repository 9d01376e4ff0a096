//! The pages: plain HTML, one style sheet and one small script inside, and a policy that allows nothing else.

mod forms;

use std::sync::LazyLock;

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::super::OURS;
use super::super::language::{Language, Texts, fill};
use super::super::password::Rule;
use super::super::redirect;

const STYLE: &str = include_str!("page.css");

static STYLE_DIGEST: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

/// Lets people see the passwords they type. Without it the page works all the same.
const SCRIPT: &str = include_str!("page.js");

static SCRIPT_DIGEST: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(SCRIPT)));

pub(super) enum Page<'a> {
    SignIn { name: &'a str, fault: Option<&'a str> },
    Choose { name: &'a str, session: &'a str, fault: Option<&'a str>, broken: &'a [Rule] },
    Done,
}

/// What all pages of one visit share.
pub(super) struct Frame<'a> {
    pub(super) texts: &'static Texts,
    pub(super) brand: &'a str,
    /// People of this pool sign in with a user name, and otherwise with their e-mail.
    pub(super) by_name: bool,
    pub(super) action: &'a str,
    pub(super) csrf: &'a str,
}

/// The language of whoever asks.
pub(super) fn language(headers: &HeaderMap) -> &'static Texts {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Language::accepted(header).unwrap_or(Language::English).texts()
}

/// A page with its form. Where the form's answer leads on to is named in the policy, or browsers would not follow.
pub(super) fn show(status: StatusCode, page: &Page<'_>, frame: &Frame<'_>, leads_to: Option<&str>) -> Response {
    let texts = frame.texts;
    let (title, fault, body) = match page {
        Page::SignIn { name, fault } => (&texts.sign_in, fault.is_some(), forms::sign_in(frame, name, *fault)),
        Page::Choose { name, session, fault, broken } => {
            (&texts.choose_password, fault.is_some(), forms::choose(frame, name, session, *fault, broken))
        }
        Page::Done => {
            let (title, intro) = (escaped(&texts.signed_in), escaped(&texts.signed_in_intro));
            (&texts.signed_in, false, format!("<h1>{title}</h1><p>{intro}</p>"))
        }
    };
    let title = if fault { fill(&texts.error, &[("title", title)]) } else { title.clone() };
    let forms = leads_to.and_then(redirect::origin).map_or_else(|| "'self'".to_owned(), |o| format!("'self' {o}"));
    answer(status, texts, frame.brand, &title, &body, &forms)
}

/// Something the person cannot mend.
pub(super) fn problem(texts: &Texts, words: &str) -> Response {
    let (title, words) = (escaped(&texts.problem), escaped(words));
    let body = format!("<h1>{title}</h1><p role=\"alert\">{words}</p>");
    answer(StatusCode::BAD_REQUEST, texts, OURS, &texts.problem, &body, "'none'")
}

/// Nobody keeps it, frames it, or learns where it came from.
pub(super) fn private(answer: &mut Response) {
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

fn answer(status: StatusCode, texts: &Texts, brand: &str, title: &str, body: &str, forms: &str) -> Response {
    let (tag, title, brand) = (&texts.tag, escaped(title), escaped(brand));
    let (show, hide) = (escaped(&texts.show_password), escaped(&texts.hide_password));
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} · {brand}</title><style>{STYLE}</style></head>\
         <body><main data-show=\"{show}\" data-hide=\"{hide}\"><p class=\"brand\">{brand}</p>{body}</main>\
         <script>{SCRIPT}</script></body></html>"
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; form-action {forms}; \
         frame-ancestors 'none'; base-uri 'none'",
        *STYLE_DIGEST, *SCRIPT_DIGEST
    );
    let mut answer = (status, Html(html)).into_response();
    private(&mut answer);
    // An origin is of ASCII without spaces; were it not, the page would stay shut rather than open.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Language"));
    answer
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_stays_text() {
        assert_eq!(escaped("\"><script>'&"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }
}
