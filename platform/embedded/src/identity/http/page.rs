//! The pages: plain HTML, one style sheet inside, no scripts, and a policy that allows nothing else.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::super::redirect;

const STYLE: &str = include_str!("page.css");

static STYLE_DIGEST: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

pub(super) enum Page<'a> {
    SignIn { name: &'a str, fault: Option<&'a str> },
    Choose { name: &'a str, session: &'a str, fault: Option<&'a str> },
    Done,
}

/// A page with its form. Where the form's answer leads on to is named in the policy, or browsers would not follow.
pub(super) fn show(status: StatusCode, page: &Page<'_>, action: &str, csrf: &str, leads_to: Option<&str>) -> Response {
    let (action, csrf) = (escaped(action), escaped(csrf));
    let open =
        format!("<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">");
    let body = match page {
        Page::SignIn { name, fault } => {
            let alert = alert(*fault);
            let name = escaped(name);
            // The first field to fill has the focus; after a fault it is the password.
            let (first, second) = if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
            let described = described(*fault);
            format!(
                "<h1>Sign in</h1>{alert}{open}\
                 <label for=\"username\">E-mail or user name</label>\
                 <input id=\"username\" name=\"username\" type=\"text\" value=\"{name}\" autocomplete=\"username\" \
                 autocapitalize=\"none\" spellcheck=\"false\" required maxlength=\"254\"{first}{described}>\
                 <label for=\"password\">Password</label>\
                 <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" \
                 required maxlength=\"256\"{second}{described}>\
                 <button type=\"submit\">Sign in</button></form>"
            )
        }
        Page::Choose { name, session, fault } => {
            let alert = alert(*fault);
            let (name, session) = (escaped(name), escaped(session));
            let fault = if fault.is_some() { " fault" } else { "" };
            format!(
                "<h1>Choose a password</h1>{alert}\
                 <p id=\"rule\">Your temporary password was right. Choose one of your own: at least 8 characters, \
                 with a capital and a small letter, a digit and a symbol.</p>{open}\
                 <input type=\"hidden\" name=\"session\" value=\"{session}\">\
                 <input type=\"text\" name=\"known_as\" value=\"{name}\" autocomplete=\"username\" hidden readonly>\
                 <label for=\"new_password\">New password</label>\
                 <input id=\"new_password\" name=\"new_password\" type=\"password\" autocomplete=\"new-password\" \
                 required minlength=\"8\" maxlength=\"256\" aria-describedby=\"rule{fault}\" autofocus>\
                 <label for=\"again\">The same again</label>\
                 <input id=\"again\" name=\"again\" type=\"password\" autocomplete=\"new-password\" \
                 required minlength=\"8\" maxlength=\"256\">\
                 <button type=\"submit\">Keep it and sign in</button></form>"
            )
        }
        Page::Done => "<h1>You are signed in</h1><p>You can go back to your application now.</p>".to_owned(),
    };
    let title = match page {
        Page::SignIn { fault: None, .. } => "Sign in",
        Page::Choose { fault: None, .. } => "Choose a password",
        Page::SignIn { .. } => "Error: Sign in",
        Page::Choose { .. } => "Error: Choose a password",
        Page::Done => "Signed in",
    };
    let forms = leads_to.and_then(redirect::origin).map_or_else(|| "'self'".to_owned(), |o| format!("'self' {o}"));
    answer(status, title, &body, &forms)
}

/// Something the person cannot mend.
pub(super) fn problem(words: &str) -> Response {
    let body = format!("<h1>This does not work</h1><p role=\"alert\">{}</p>", escaped(words));
    answer(StatusCode::BAD_REQUEST, "This does not work", &body, "'none'")
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

fn answer(status: StatusCode, title: &str, body: &str, forms: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} · Tenantry</title><style>{STYLE}</style></head>\
         <body><main><p class=\"brand\">Tenantry</p>{body}</main></body></html>"
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_DIGEST
    );
    let mut answer = (status, Html(html)).into_response();
    private(&mut answer);
    // An origin is of ASCII without spaces; were it not, the page would stay shut rather than open.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}

fn alert(fault: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(fault) = fault {
        // Writing into a string does not fail.
        let _ = write!(text, "<p class=\"fault\" id=\"fault\" role=\"alert\">{}</p>", escaped(fault));
    }
    text
}

fn described(fault: Option<&str>) -> &'static str {
    if fault.is_some() { " aria-describedby=\"fault\" aria-invalid=\"true\"" } else { "" }
}

fn escaped(text: &str) -> String {
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
