//! The JSON between the users service and the issuer.

use serde::{Deserialize, Serialize};
use tenantry_contract::name::Email;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{NewTenantUser, TenantUser, TenantUserChange};
use tenantry_ports::page;

#[derive(Deserialize)]
pub(in super::super) struct Message {
    pub(in super::super) message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct NewUser {
    name: String,
    email: Email,
    role: String,
    tenant_name: String,
    tenant_tier: String,
}

impl From<NewTenantUser> for NewUser {
    fn from(new: NewTenantUser) -> Self {
        let NewTenantUser { name, email, role, tenant_name, tenant_tier } = new;
        Self { name, email, role, tenant_name, tenant_tier }
    }
}

impl From<NewUser> for NewTenantUser {
    fn from(new: NewUser) -> Self {
        let NewUser { name, email, role, tenant_name, tenant_tier } = new;
        Self { name, email, role, tenant_name, tenant_tier }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
}

impl From<TenantUserChange> for Change {
    fn from(change: TenantUserChange) -> Self {
        let TenantUserChange { email, role, enabled } = change;
        Self { email, role, enabled }
    }
}

impl From<Change> for TenantUserChange {
    fn from(change: Change) -> Self {
        let Change { email, role, enabled } = change;
        Self { email, role, enabled }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct User {
    name: String,
    email: String,
    role: String,
    status: String,
    enabled: bool,
    created: Timestamp,
    modified: Timestamp,
}

impl From<TenantUser> for User {
    fn from(user: TenantUser) -> Self {
        let TenantUser { name, email, role, status, enabled, created, modified } = user;
        Self { name, email, role, status, enabled, created, modified }
    }
}

impl From<User> for TenantUser {
    fn from(user: User) -> Self {
        let User { name, email, role, status, enabled, created, modified } = user;
        Self { name, email, role, status, enabled, created, modified }
    }
}

#[derive(Serialize, Deserialize)]
pub(in super::super) struct Page {
    users: Vec<User>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<page::Page<TenantUser>> for Page {
    fn from(page: page::Page<TenantUser>) -> Self {
        Self { users: page.items.into_iter().map(Into::into).collect(), next: page.next.map(|position| position.0) }
    }
}

impl From<Page> for page::Page<TenantUser> {
    fn from(page: Page) -> Self {
        Self { items: page.users.into_iter().map(Into::into).collect(), next: page.next.map(page::Position) }
    }
}
