//! Settings that more than one command has, from their texts.

use std::net::SocketAddr;
use std::path::PathBuf;

use tenantry_contract::catalogue::Catalogue;
use tenantry_web::telemetry::LogFormat;

use super::Faults;

pub fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    text.parse().map_err(|_| format!("{text:?} is not an address such as 127.0.0.1:8080"))
}

pub fn format(text: &str) -> Result<LogFormat, String> {
    LogFormat::parse(text).ok_or_else(|| format!("{text:?} is neither pretty nor json"))
}

/// How many connections one address may have.
pub fn share(text: &str) -> Result<usize, String> {
    let share = text.parse().ok().filter(|share| *share > 0);
    share.ok_or_else(|| format!("{text:?} is not a number of connections, 1 or more"))
}

/// The source of events, as `EventBridge` takes it.
pub fn source(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    if (1..=256).contains(&text.len()) && plain && !text.starts_with("aws.") {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{text:?} is not a source such as sbt.control.plane: 1 to 256 letters, digits or any of '._-/', and not AWS's own"
        ))
    }
}

pub fn catalogue(path: Option<PathBuf>, faults: &mut Faults) -> Option<Catalogue> {
    let (at, text) = match path {
        None => ("the default catalogue".to_owned(), Catalogue::DEFAULT.to_owned()),
        Some(path) => {
            let at = path.display().to_string();
            let text = faults.take(&at, std::fs::read_to_string(&path))?;
            (at, text)
        }
    };
    match Catalogue::parse(&text) {
        Ok(catalogue) => Some(catalogue),
        Err(found) => {
            for fault in found.0 {
                faults.say(&at, fault);
            }
            None
        }
    }
}
