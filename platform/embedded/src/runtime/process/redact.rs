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
/// Names that are secret as a whole only.
const WHOLE: [&str; 3] = ["authorization", "cookie", "set-cookie"];

/// The text with what looks like a secret masked.
pub fn redact(text: &str) -> String {
    let mut within_key = false;
    let lines = text.lines().map(|line| {
        let (begins, ends) = (line.contains("-----BEGIN ") && line.contains("PRIVATE KEY"), line.contains("-----END "));
        if within_key || begins {
            within_key = !ends;
            return MASK.to_owned();
        }
        addresses(&words(&named(line)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Masks the values of secret names: `name=value`, `"name": "value"`, `--name value`, `Authorization: Bearer value`.
fn named(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((start, word)) = next_word(rest) {
        let end = start + word.len();
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        let Some(gap) = value_after(word, rest) else { continue };
        out.push_str(&rest[..gap]);
        rest = &rest[gap..];
        let length = value_length(rest);
        if length > 0 {
            out.push_str(MASK);
            rest = &rest[length..];
        }
    }
    out + rest
}

/// How far after a word its secret value begins, if it is a name that has one.
fn value_after(word: &str, rest: &str) -> Option<usize> {
    let name = word.to_ascii_lowercase();
    let secret = NAMES.iter().any(|part| name.contains(part)) || WHOLE.contains(&name.as_str());
    let bearer = name == "bearer" && rest.starts_with(' ') && looks_random(rest.trim_start());
    if bearer || (secret && name.starts_with("--") && rest.starts_with(' ')) {
        return Some(rest.len() - rest.trim_start().len());
    }
    if !secret {
        return None;
    }
    let after = rest.trim_start_matches(['\\', '"', '\'', ']']).trim_start();
    let value = after.strip_prefix("=>").or_else(|| after.strip_prefix([':', '=']))?;
    let value = value.trim_start().trim_start_matches(['\\', '"', '\'']);
    let scheme = ["bearer ", "basic "]
        .into_iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    Some(rest.len() - value.len() + scheme.map_or(0, str::len))
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
