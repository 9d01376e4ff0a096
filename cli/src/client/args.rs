//! Flags that every verb has.

use std::path::PathBuf;

use clap::Args;

use super::error::ClientError;

/// Where a fresh `tenantry up` listens.
pub const DEFAULT_API: &str = "http://127.0.0.1:8080";

#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// The admin API; by default the one signed in to last, else port 8080 of this machine
    #[arg(long, global = true, env = "TENANTRY_API_URL", value_name = "URL")]
    pub api_url: Option<String>,

    /// The API's JSON in place of a table
    #[arg(long, global = true)]
    pub json: bool,

    #[command(flatten)]
    pub home: Home,
}

/// Where the sign-in is kept; the environment is read by the parser of flags.
#[derive(Debug, Clone, Default, Args)]
pub struct Home {
    /// The file that holds the sign-in; by default `tenantry/session.json` in the user's configuration
    #[arg(long, global = true, env = "TENANTRY_SESSION", value_name = "FILE")]
    session: Option<PathBuf>,

    #[arg(long = "xdg-config-home", global = true, hide = true, env = "XDG_CONFIG_HOME", hide_env = true)]
    config_dir: Option<PathBuf>,

    #[arg(long = "home-of-user", global = true, hide = true, env = "HOME", hide_env = true)]
    owner_dir: Option<PathBuf>,
}

impl Home {
    pub fn session_file(&self) -> Result<PathBuf, ClientError> {
        if let Some(file) = &self.session {
            return Ok(file.clone());
        }
        let xdg = self.config_dir.clone().filter(|dir| dir.is_absolute());
        let config = xdg.or_else(|| Some(self.owner_dir.as_ref()?.join(".config")));
        Ok(config.ok_or(ClientError::Homeless)?.join("tenantry").join("session.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_session_is_kept() {
        let home = |session: Option<&str>, xdg: Option<&str>, home: Option<&str>| Home {
            session: session.map(PathBuf::from),
            config_dir: xdg.map(PathBuf::from),
            owner_dir: home.map(PathBuf::from),
        };
        let file = |home: Home| home.session_file().map(|path| path.display().to_string());
        assert_eq!(file(home(Some("s.json"), Some("/x"), Some("/h"))).unwrap(), "s.json");
        assert_eq!(file(home(None, Some("/x"), Some("/h"))).unwrap(), "/x/tenantry/session.json");
        assert_eq!(file(home(None, Some("relative"), Some("/h"))).unwrap(), "/h/.config/tenantry/session.json");
        assert!(file(home(None, None, None)).is_err());
    }
}
