//! `tenantry login`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use tenantry_embedded::clock::SystemClock;
use tenantry_ports::clock::Clock;

use super::args::Common;
use super::cognito::{Issuer, SignIn, Tokens};
use super::connection::{address, base, from_tokens, http_client};
use super::console::Console;
use super::error::ClientError;
use super::prompt;
use super::session::{Renewal, Session, Sessions};

#[derive(Debug, Args)]
pub struct Login {
    #[command(flatten)]
    common: Common,

    /// The file that `tenantry up` writes into its data directory
    #[arg(long, value_name = "FILE", env = "TENANTRY_CREDENTIALS")]
    credentials: Option<PathBuf>,

    /// As the machine of the credentials' file, which may do what needs no person
    #[arg(long, requires = "credentials", conflicts_with_all = ["user", "password_stdin", "new_password_stdin"])]
    machine: bool,

    /// The user's name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// The issuer of the provider's people
    #[arg(long, value_name = "URL", requires = "client_id")]
    issuer: Option<String>,

    /// The issuer's client for people
    #[arg(long, value_name = "ID", requires = "issuer")]
    client_id: Option<String>,

    /// The password is the first line of standard input; if a new one must be chosen, it is the second
    #[arg(long)]
    password_stdin: bool,

    /// Should a new password have to be chosen, it is the next line of standard input
    #[arg(long)]
    new_password_stdin: bool,
}

/// `credentials.json`, as far as a sign-in needs it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    api_url: Option<String>,
    issuer: String,
    user_client_id: String,
    admin: Admin,
    machine: Machine,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Admin {
    user_name: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Machine {
    client_id: String,
    client_secret: String,
}

impl Login {
    pub async fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let sessions = Sessions::new(self.common.home.session_file()?);
        let credentials = self.credentials.as_deref().map(read).transpose()?;
        let api = match (&self.common.api_url, &credentials) {
            (None, Some(Credentials { api_url: Some(url), .. })) => base(url)?,
            (None, Some(_)) => bail!("these credentials name no API: start the control plane too, or say --api-url"),
            _ => address(&self.common, &sessions)?,
        };
        let (who, session) = match &credentials {
            Some(credentials) if self.machine => as_machine(credentials).await?,
            _ => self.as_person(credentials.as_ref(), sessions.get(&api)?, console).await?,
        };
        sessions.put(&api, session)?;
        console.line(&format!("Signed in to {api} as {who}."))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn as_person(
        &self,
        credentials: Option<&Credentials>,
        earlier: Option<Session>,
        console: &mut Console,
    ) -> anyhow::Result<(String, Session)> {
        let issuer = self.issuer(credentials, earlier)?;
        let user = match (&self.user, credentials) {
            (Some(user), _) => user.clone(),
            (None, Some(credentials)) => credentials.admin.user_name.clone(),
            (None, None) => prompt::text(console, "User: ")?,
        };
        let first = credentials.filter(|c| c.admin.user_name == user);
        let password = match first {
            _ if self.password_stdin => prompt::stdin_line(console, "the password")?,
            Some(credentials) => credentials.admin.password.clone(),
            None => prompt::password(console, "Password: ")?,
        };
        let http = http_client()?;
        let signed_in = issuer.by_password(&http, &user, &password).await;
        let signed_in = match signed_in {
            // The first password is only the first.
            Err(ClientError::SignInRefused(_)) if first.is_some() && !self.password_stdin && console.asks => {
                let password = prompt::password(console, &format!("Password of {user}: "))?;
                issuer.by_password(&http, &user, &password).await
            }
            other => other,
        };
        let tokens = match signed_in? {
            SignIn::Done(tokens) => tokens,
            SignIn::NewPasswordRequired { session } => {
                self.choose_password(&issuer, &http, &session, &user, console).await?
            }
        };
        let session = from_tokens(&issuer, tokens, Renewal::None, SystemClock::new().now());
        Ok((user, session))
    }

    async fn choose_password(
        &self,
        issuer: &Issuer,
        http: &reqwest::Client,
        session: &str,
        user: &str,
        console: &mut Console,
    ) -> Result<Tokens, ClientError> {
        let chosen = if self.password_stdin || self.new_password_stdin {
            prompt::stdin_line(console, "the new password that must be chosen")?
        } else {
            prompt::new_password(console)?
        };
        issuer.choose_password(http, session, user, &chosen).await
    }

    fn issuer(&self, credentials: Option<&Credentials>, earlier: Option<Session>) -> Result<Issuer, ClientError> {
        if let (Some(url), Some(client_id)) = (&self.issuer, &self.client_id) {
            return Ok(Issuer { url: base(url)?, client_id: client_id.clone() });
        }
        if let Some(credentials) = credentials {
            return Ok(Issuer { url: credentials.issuer.clone(), client_id: credentials.user_client_id.clone() });
        }
        // A machine's sign-in names another client.
        match earlier {
            Some(Session { issuer, client_id, renewal: Renewal::RefreshToken(_), .. }) => {
                Ok(Issuer { url: issuer, client_id })
            }
            _ => Err(ClientError::Usage(
                "where to sign in is not known: --credentials DIR/credentials.json (`tenantry up` writes it into its \
                 data directory), or --issuer and --client-id"
                    .to_owned(),
            )),
        }
    }
}

async fn as_machine(credentials: &Credentials) -> anyhow::Result<(String, Session)> {
    let Machine { client_id, client_secret } = &credentials.machine;
    let issuer = Issuer { url: credentials.issuer.clone(), client_id: client_id.clone() };
    let tokens = issuer.by_secret(&http_client()?, client_secret).await?;
    let renewal = Renewal::ClientSecret(client_secret.clone());
    let session = from_tokens(&issuer, tokens, renewal, SystemClock::new().now());
    Ok((format!("the machine {client_id}"), session))
}

fn read(path: &Path) -> Result<Credentials, ClientError> {
    let path = if path.is_dir() { path.join("credentials.json") } else { path.to_owned() };
    let json = std::fs::read(&path).map_err(|source| ClientError::File { path: path.clone(), source })?;
    serde_json::from_slice(&json).map_err(|source| ClientError::Contents {
        path,
        what: "a credentials.json of `tenantry up`",
        source,
    })
}
