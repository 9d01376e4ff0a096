//! The forms of the pages.

use super::super::super::language::{Texts, fill};
use super::super::super::password::Rule;
use super::{Frame, escaped};

pub(super) fn sign_in(frame: &Frame<'_>, name: &str, fault: Option<&str>) -> String {
    let texts = frame.texts;
    let (title, open, alert) = (escaped(&texts.sign_in), open(frame), alert(fault, ""));
    let (label, keyboard) = if frame.by_name { (&texts.user_name, "text") } else { (&texts.email, "email") };
    let (label, password, name) = (escaped(label), escaped(&texts.password), escaped(name));
    // The first field to fill has the focus; after a fault it is the password.
    let (first, second) = if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let described = if fault.is_some() { " aria-describedby=\"fault\" aria-invalid=\"true\"" } else { "" };
    format!(
        "<h1>{title}</h1>{alert}{open}\
         <label for=\"username\">{label}</label>\
         <input id=\"username\" name=\"username\" type=\"text\" inputmode=\"{keyboard}\" value=\"{name}\" \
         autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required \
         maxlength=\"254\"{first}{described}>\
         <label for=\"password\">{password}</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         required maxlength=\"256\"{second}{described}>\
         <button type=\"submit\">{title}</button></form>"
    )
}

pub(super) fn choose(frame: &Frame<'_>, name: &str, session: &str, fault: Option<&str>, broken: &[Rule]) -> String {
    let texts = frame.texts;
    let (title, open) = (escaped(&texts.choose_password), open(frame));
    let alert = alert(fault, &if broken.is_empty() { String::new() } else { list(texts, broken) });
    let who = fill(&texts.signing_in_as, &[("name", name)]);
    let who = if name.is_empty() { String::new() } else { format!("<p class=\"who\">{}</p>", escaped(&who)) };
    let (name, session) = (escaped(name), escaped(session));
    let (intro, rules, all) = (escaped(&texts.choose_intro), escaped(&texts.rules), list(texts, &Rule::ALL));
    let (new, again, set) =
        (escaped(&texts.new_password), escaped(&texts.confirm_password), escaped(&texts.set_password));
    let (described, invalid) = if fault.is_some() { ("fault rules", " aria-invalid=\"true\"") } else { ("rules", "") };
    format!(
        "<h1>{title}</h1>{who}{alert}<p>{intro}</p><div id=\"rules\"><p>{rules}</p>{all}</div>{open}\
         <input type=\"hidden\" name=\"session\" value=\"{session}\">\
         <input type=\"text\" name=\"known_as\" value=\"{name}\" autocomplete=\"username\" hidden readonly>\
         <label for=\"new_password\">{new}</label>\
         <input id=\"new_password\" name=\"new_password\" type=\"password\" autocomplete=\"new-password\" \
         required minlength=\"8\" maxlength=\"256\" aria-describedby=\"{described}\"{invalid} autofocus>\
         <label for=\"again\">{again}</label>\
         <input id=\"again\" name=\"again\" type=\"password\" autocomplete=\"new-password\" \
         required minlength=\"8\" maxlength=\"256\"{invalid}>\
         <button type=\"submit\">{set}</button></form>"
    )
}

fn open(frame: &Frame<'_>) -> String {
    let (action, csrf) = (escaped(frame.action), escaped(frame.csrf));
    format!("<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">")
}

/// `more` is HTML.
fn alert(fault: Option<&str>, more: &str) -> String {
    let Some(fault) = fault else { return String::new() };
    format!("<div class=\"fault\" id=\"fault\" role=\"alert\"><p>{}</p>{more}</div>", escaped(fault))
}

fn list(texts: &Texts, rules: &[Rule]) -> String {
    let item = |rule: &Rule| format!("<li>{}</li>", escaped(words(texts, *rule)));
    format!("<ul>{}</ul>", rules.iter().map(item).collect::<String>())
}

fn words(texts: &Texts, rule: Rule) -> &str {
    match rule {
        Rule::Length => &texts.rule_length,
        Rule::Lowercase => &texts.rule_lowercase,
        Rule::Uppercase => &texts.rule_uppercase,
        Rule::Digit => &texts.rule_digit,
        Rule::Symbol => &texts.rule_symbol,
        Rule::Edges => &texts.rule_edges,
    }
}
