//! Secrets in what a service printed, by how they look: the log file has every word, but what reaches an operation's
//! error and events is read by others than who runs the machine.

const MASK: &str = "***";

/// Parts of names whose values nobody is to see.
const NAMES: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "credential",
    "private_key",
];
/// Headers whose value is secret up to the end of its line.
const HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// What may stand before an authorization's secret and is none.
const SCHEMES: [&str; 6] = ["basic", "bearer", "digest", "negotiate", "token", "apikey"];

/// The text with what looks like a secret masked.
pub fn redact(text: &str) -> String {
    // It may begin in the middle of a key.
    let mut within_key = begins_within_key(text);
    let lines = text.lines().map(|line| {
        if within_key || begins_key(line) {
            within_key = !line.contains("-----END ");
            return MASK.to_owned();
        }
        addresses(&words(&named(line)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn begins_key(line: &str) -> bool {
    line.contains("-----BEGIN ") && line.contains("PRIVATE KEY")
}

fn begins_within_key(text: &str) -> bool {
    let edge =
        text.lines().find(|line| begins_key(line) || (line.contains("-----END ") && line.contains("PRIVATE KEY")));
    edge.is_some_and(|line| !begins_key(line))
}

/// Masks the values of secret names: `name=value`, `"name": "value"`, `--name value`, `Authorization: Bearer value`.
fn named(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((start, word)) = next_word(rest) {
        let end = start + word.len();
        let before = rest[..start].chars().last();
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        let Some((gap, length)) = value_after(before, word, rest) else { continue };
        out.push_str(&rest[..gap]);
        rest = &rest[gap..];
        if length > 0 {
            out.push_str(MASK);
            rest = &rest[length..];
        }
    }
    out + rest
}

/// How far after a word its secret value begins and how long that is, if the word is a name that has one.
fn value_after(before: Option<char>, word: &str, rest: &str) -> Option<(usize, usize)> {
    let name = word.to_ascii_lowercase();
    let header = HEADERS.contains(&name.as_str());
    let secret = header || NAMES.iter().any(|part| name.contains(part));
    let bearer = name == "bearer" && rest.starts_with(' ') && looks_random(rest.trim_start());
    let value = if bearer || (secret && name.starts_with("--") && rest.starts_with(' ')) {
        rest.trim_start()
    } else if secret {
        let after = rest.trim_start_matches(['\\', '"', '\'', ']']).trim_start();
        after.strip_prefix("=>").or_else(|| after.strip_prefix([':', '=']))?.trim_start()
    } else {
        return None;
    };
    let unescaped = value.trim_start_matches('\\');
    let inner = unescaped.strip_prefix(['"', '\'']).unwrap_or(unescaped);
    let opening = &value[..value.len() - inner.len()];
    let value = if header { after_scheme(inner) } else { inner };
    let length = match opening.chars().last() {
        Some(quote @ ('"' | '\'')) => quoted_length(value, quote, opening.starts_with('\\')),
        _ if header => match before {
            // A name and its value in the same quotes, as curl has them.
            Some(quote @ ('"' | '\'')) if !rest.starts_with(quote) => quoted_length(value, quote, false),
            _ => value.len(),
        },
        _ => value_length(value),
    };
    Some((rest.len() - value.len(), length))
}

fn after_scheme(value: &str) -> &str {
    match value.split_once(' ') {
        Some((word, rest)) if SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word)) => rest.trim_start(),
        _ => value,
    }
}

/// Up to the quote that ends it: one that is not escaped, or is if the opening one was.
fn quoted_length(value: &str, quote: char, escaped: bool) -> usize {
    let mut chars = value.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return at;
        }
        if c == '\\' && chars.next_if(|(_, next)| *next == quote).is_some() && escaped {
            return at;
        }
    }
    value.len()
}

/// Up to what cannot be in a value.
fn value_length(rest: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | ';' | '&' | ')' | '}' | ']');
    rest.find(ends).unwrap_or(rest.len())
}

fn looks_random(text: &str) -> bool {
    let value = &text[..value_length(text)];
    value.len() >= 8 && (value.len() >= 20 || value.bytes().any(|b| b.is_ascii_digit()))
}

/// Masks what is a secret by its form alone: a JSON web token, an AWS access key's id.
fn words(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((start, word)) = next_word(rest) {
        out.push_str(&rest[..start]);
        out.push_str(if is_web_token(word) || is_aws_key(word) { MASK } else { word });
        rest = &rest[start + word.len()..];
    }
    out + rest
}

fn is_web_token(word: &str) -> bool {
    word.starts_with("eyJ") && word.len() >= 20 && word.bytes().filter(|b| *b == b'.').count() >= 2
}

fn is_aws_key(word: &str) -> bool {
    let known = ["AKIA", "ASIA"].iter().any(|start| word.starts_with(start));
    known && word.len() == 20 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Masks the password in `scheme://user:password@host`.
fn addresses(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + 3);
        out.push_str(before);
        let end = address.find(|c: char| c.is_whitespace() || "/\"'<>".contains(c)).unwrap_or(address.len());
        let (authority, after) = address.split_at(end);
        match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
            Some((user, host)) => out.extend([user, ":", MASK, "@", host]),
            None => out.push_str(authority),
        }
        rest = after;
    }
    out + rest
}

fn next_word(text: &str) -> Option<(usize, &str)> {
    let within = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = text.find(within)?;
    let word = &text[start..];
    Some((start, &word[..word.find(|c: char| !within(c)).unwrap_or(word.len())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-bmF0_dXJl";

    #[test]
    fn what_looks_like_a_secret_is_masked() {
        for (said, shown) in [
            ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
            ("> authorization: Basic dXNlcjpwYXNz", "> authorization: Basic ***"),
            ("sent bearer 0123456789abcdef to it", "sent bearer *** to it"),
            ("authorization: token 0123abcd", "authorization: token ***"),
            ("authorization: hunter was sent", "authorization: ***"),
            ("{'Authorization': 'ApiKey 0123 abcd', 'Host': 'x'}", "{'Authorization': 'ApiKey ***', 'Host': 'x'}"),
            ("Proxy-Authorization: Digest user=\"ada\"", "Proxy-Authorization: Digest ***"),
            ("Cookie: a=b; session=hunter2", "Cookie: ***"),
            (r#"-H "Cookie: a=b; c=d" -H "Host: x""#, r#"-H "Cookie: ***" -H "Host: x""#),
            (r#"{"password": "hunter 2, \"and\" 3", "user": "ada"}"#, r#"{"password": "***", "user": "ada"}"#),
            (r#"{\"password\":\"hunter 2\",\"user\":\"ada\"}"#, r#"{\"password\":\"***\",\"user\":\"ada\"}"#),
            (r#"{"password": "", "user": "ada"}"#, r#"{"password": "", "user": "ada"}"#),
            ("--password 'hunter 2' --port 80", "--password '***' --port 80"),
            ("DB_PASSWORD=hunter2 HOST=db", "DB_PASSWORD=*** HOST=db"),
            (r#"{"password": "hunter2", "user": "ada"}"#, r#"{"password": "***", "user": "ada"}"#),
            (r#"{\"client_secret\":\"s3\"}"#, r#"{\"client_secret\":\"***\"}"#),
            ("run --password hunter2 --port 80", "run --password *** --port 80"),
            ("GET /cb?access_token=abc&state=x", "GET /cb?access_token=***&state=x"),
            ("aws_secret_access_key = wJalr/XUtn+FEMI", "aws_secret_access_key = ***"),
            ("using AKIAIOSFODNN7EXAMPLE now", "using *** now"),
            ("postgres://app:p4ss@db:5432/x failed", "postgres://app:***@db:5432/x failed"),
            (&format!("refused {JWT}."), "refused ***"),
            (&format!("got \"{JWT}\"!"), "got \"***\"!"),
            ("config['apiKey'] => 'k'", "config['apiKey'] => '***'"),
            ("пароль password=секрет да", "пароль password=*** да"),
        ] {
            assert_eq!(redact(said), shown);
        }
    }

    #[test]
    fn a_private_key_is_masked_line_by_line() {
        let said = "loading\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\nfailed";
        assert_eq!(redact(said), "loading\n***\n***\n***\nfailed");
    }

    #[test]
    fn the_end_of_a_private_key_is_masked_without_its_beginning() {
        let said = "MHcCAQEE\nAwEHoUQD\n-----END PRIVATE KEY-----\nfailed";
        assert_eq!(redact(said), "***\n***\n***\nfailed");
    }

    #[test]
    fn plain_words_stay() {
        for said in [
            "Error: listen EADDRINUSE: address already in use 127.0.0.1:4000",
            "the token has expired",
            "bearer authentication is off",
            "no route to http://127.0.0.1:8080/orders",
            "panicked at src/main.rs:10:5: index out of bounds",
            "",
        ] {
            assert_eq!(redact(said), said);
        }
    }

    #[test]
    fn nonsense_is_no_trouble() {
        for said in
            ["password", "password=", "--token", "://", "a://:@", "password: \"", "bearer ", "secret=\u{1f511}", "=:="]
        {
            redact(said);
        }
    }
}
