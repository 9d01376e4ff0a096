//! A tenant's user as it is remembered.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use tenantry_contract::id::PoolId;
use tenantry_contract::name::Email;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{TENANT_ADMIN, TenantUser};
use tenantry_ports::store::StoreError;

use super::text;
use crate::table::{Item, Read};

/// Written before Cognito is asked, so that whoever comes after a crash knows what may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum State {
    Making,
    There,
    Removing,
}

/// A change that Cognito may not know yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::identity) struct Pending {
    pub(in crate::identity) email: Option<Email>,
    pub(in crate::identity) role: Option<String>,
    pub(in crate::identity) enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::identity) struct UserRecord {
    pub(in crate::identity) name: String,
    pub(in crate::identity) state: State,
    pub(in crate::identity) pool: PoolId,
    /// Cognito's opaque name for the user, once it is known.
    pub(in crate::identity) username: Option<String>,
    pub(in crate::identity) email: Email,
    pub(in crate::identity) role: String,
    pub(in crate::identity) tenant_name: String,
    pub(in crate::identity) tenant_tier: String,
    /// Cognito's word, as it was when last asked.
    pub(in crate::identity) status: String,
    pub(in crate::identity) enabled: bool,
    pub(in crate::identity) created: Timestamp,
    pub(in crate::identity) modified: Timestamp,
    pub(in crate::identity) pending: Option<Pending>,
    /// It was made in Cognito, and the mail with its first password did not go out.
    pub(in crate::identity) unsent: bool,
    /// Until when whoever wrote this is at it.
    pub(in crate::identity) until: Timestamp,
    /// Another one after every write.
    pub(in crate::identity) version: String,
}

impl UserRecord {
    /// Whether it is an enabled admin of its tenant, and is to be one after what is pending.
    pub(in crate::identity) fn is_admin(&self) -> bool {
        let pending = self.pending.clone().unwrap_or_default();
        let role = pending.role.as_ref().unwrap_or(&self.role);
        self.state == State::There && role == TENANT_ADMIN && pending.enabled.unwrap_or(self.enabled)
    }

    pub(in crate::identity) fn read(item: &Item) -> Result<Self, StoreError> {
        let bad = |what: &str| StoreError::Broken { what: format!("{} has no {what}", item.called()), cause: None };
        let state = match item.text("state")? {
            "making" => State::Making,
            "there" => State::There,
            "removing" => State::Removing,
            _ => return Err(bad("state we know")),
        };
        let pending = if item.contains_key("pending") { Some(item.json("pending")?) } else { None };
        Ok(Self {
            name: item.text("name")?.to_owned(),
            state,
            pool: PoolId::parse(item.text("pool")?).map_err(|_| bad("pool"))?,
            username: item.maybe_text("username").map(str::to_owned),
            email: Email::parse(item.text("email")?).map_err(|_| bad("e-mail address"))?,
            role: item.text("role")?.to_owned(),
            tenant_name: item.text("tenantName")?.to_owned(),
            tenant_tier: item.text("tenantTier")?.to_owned(),
            status: item.text("status")?.to_owned(),
            enabled: item.text("enabled")? == "true",
            created: item.moment("created")?,
            modified: item.moment("modified")?,
            pending,
            unsent: item.contains_key("unsent"),
            until: item.moment("until")?,
            version: item.text("version")?.to_owned(),
        })
    }

    pub(in crate::identity) fn attributes(&self) -> Result<Vec<(String, AttributeValue)>, StoreError> {
        let state = match self.state {
            State::Making => "making",
            State::There => "there",
            State::Removing => "removing",
        };
        let moment = |name: &str, at: Timestamp| (name.to_owned(), AttributeValue::N(at.millis().to_string()));
        let mut all = vec![
            text("name", &self.name),
            text("state", state),
            text("pool", self.pool.as_str()),
            text("email", self.email.as_str()),
            text("role", &self.role),
            text("tenantName", &self.tenant_name),
            text("tenantTier", &self.tenant_tier),
            text("status", &self.status),
            text("enabled", self.enabled.to_string()),
            moment("created", self.created),
            moment("modified", self.modified),
            moment("until", self.until),
            text("version", &self.version),
        ];
        all.extend(self.unsent.then(|| text("unsent", "yes")));
        all.extend(self.username.as_ref().map(|username| text("username", username)));
        if let Some(pending) = &self.pending {
            let json = serde_json::to_string(pending).map_err(|e| StoreError::broken("a change cannot be kept", e))?;
            all.push(text("pending", json));
        }
        Ok(all)
    }

    pub(in crate::identity) fn user(&self) -> TenantUser {
        TenantUser {
            name: self.name.clone(),
            email: self.email.as_str().to_owned(),
            role: self.role.clone(),
            status: self.status.clone(),
            enabled: self.enabled,
            created: self.created,
            modified: self.modified,
        }
    }
}
