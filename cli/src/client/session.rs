//! Sign-ins, one an API, in a file that only its owner may read.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tenantry_contract::time::Timestamp;

use super::error::ClientError;
use crate::files::write_private;

/// A sign-in as it is kept.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub issuer: String,
    pub client_id: String,
    pub access_token: String,
    pub expires_at: Timestamp,
    /// What a new access token is got with.
    pub renewal: Renewal,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Renewal {
    RefreshToken(String),
    ClientSecret(String),
    None,
}

/// Nothing of it is for a log.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// The API signed in to last.
    latest: Option<String>,
    sessions: BTreeMap<String, Session>,
}

/// The file.
#[derive(Debug, Clone)]
pub struct Sessions(PathBuf);

impl Sessions {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn latest(&self) -> Result<Option<String>, ClientError> {
        Ok(self.read()?.latest)
    }

    pub fn get(&self, api: &str) -> Result<Option<Session>, ClientError> {
        Ok(self.read()?.sessions.remove(api))
    }

    /// Keeps a sign-in and makes its API the default one.
    pub fn put(&self, api: &str, session: Session) -> Result<(), ClientError> {
        let mut kept = self.read()?;
        kept.latest = Some(api.to_owned());
        kept.sessions.insert(api.to_owned(), session);
        self.write(&kept)
    }

    /// Keeps what became of a sign-in, unless there has been another one meanwhile.
    pub fn renew(&self, api: &str, before: &Session, after: Session) -> Result<(), ClientError> {
        let mut kept = self.read()?;
        if kept.sessions.get(api).is_some_and(|now| now.client_id == before.client_id && now.issuer == before.issuer) {
            kept.sessions.insert(api.to_owned(), after);
            self.write(&kept)?;
        }
        Ok(())
    }

    fn read(&self) -> Result<Kept, ClientError> {
        match std::fs::read(&self.0) {
            Ok(json) => serde_json::from_slice(&json).map_err(|source| ClientError::Contents {
                path: self.0.clone(),
                what: "a file of sign-ins; remove it and run `tenantry login`",
                source,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(source) => Err(ClientError::File { path: self.0.clone(), source }),
        }
    }

    fn write(&self, kept: &Kept) -> Result<(), ClientError> {
        let json = serde_json::to_vec_pretty(kept).unwrap_or_default();
        write_private(&self.0, &json).map_err(|source| ClientError::File { path: self.0.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn session(token: &str) -> Session {
        Session {
            issuer: "http://localhost/local_a".into(),
            client_id: "people".into(),
            access_token: token.into(),
            expires_at: Timestamp::from_millis(5),
            renewal: Renewal::RefreshToken("r".into()),
        }
    }

    #[test]
    fn sign_ins_are_kept_apart_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep/er/session.json");
        let sessions = Sessions::new(file.clone());
        assert_eq!(sessions.get("http://a").unwrap(), None);
        sessions.put("http://a", session("one")).unwrap();
        sessions.put("http://b", session("two")).unwrap();
        assert_eq!(sessions.latest().unwrap().as_deref(), Some("http://b"));
        assert_eq!(sessions.get("http://a").unwrap(), Some(session("one")));
        sessions.renew("http://a", &session("one"), session("three")).unwrap();
        assert_eq!(sessions.get("http://a").unwrap(), Some(session("three")));
        assert_eq!(sessions.latest().unwrap().as_deref(), Some("http://b"));
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing left beside it");
    }

    #[test]
    fn a_renewal_does_not_undo_another_sign_in() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(dir.path().join("session.json"));
        let other = Session { client_id: "machines".into(), ..session("new") };
        sessions.put("http://a", other.clone()).unwrap();
        sessions.renew("http://a", &session("one"), session("late")).unwrap();
        assert_eq!(sessions.get("http://a").unwrap(), Some(other));
    }

    #[test]
    fn a_spoilt_file_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("session.json");
        std::fs::write(&file, "{").unwrap();
        let error = Sessions::new(file).get("http://a").unwrap_err().to_string();
        assert!(error.contains("tenantry login"), "{error}");
    }

    #[test]
    fn no_secret_in_debug_output() {
        assert!(!format!("{:?}", session("secret-token")).contains("secret-token"));
    }
}
