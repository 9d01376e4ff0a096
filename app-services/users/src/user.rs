//! A user, read from a body and shown.

use serde::Serialize;
use serde_json::{Map, Value};
use tenantry_contract::name::Email;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{NewTenantUser, TenantUser, TenantUserChange};
use tenantry_tenancy::{Form, Tenant};
use tenantry_web::Problem;

const ROLES: [&str; 2] = ["TenantAdmin", "TenantUser"];

/// A user as clients of the sample know it.
#[derive(Serialize)]
pub struct View {
    username: String,
    email: String,
    user_role: String,
    status: String,
    enabled: bool,
    created: Timestamp,
    modified: Timestamp,
}

impl From<TenantUser> for View {
    fn from(user: TenantUser) -> Self {
        let TenantUser { name, email, role, status, enabled, created, modified } = user;
        Self { username: name, email, user_role: role, status, enabled, created, modified }
    }
}

/// A new user, called as the body says; that may be no name to find it by.
pub fn parse_new(body: Map<String, Value>, tenant: &Tenant) -> Result<NewTenantUser, Problem> {
    let mut form = Form::new(body);
    let name = form.text("userName");
    let address = form.text("userEmail");
    let email = Email::parse(address.as_str()).ok();
    if email.is_none() && !address.is_empty() {
        form.fault::<()>("userEmail", Email::RULE.into());
    }
    let role = role(&mut form).unwrap_or_else(|| ROLES[1].to_owned());
    let (tenant_name, tenant_tier) = (tenant.name().to_owned(), tenant.tier().to_owned());
    // Without an address there is a fault, and `finish` gives no user.
    let user = email.map(|email| NewTenantUser { name, email, role, tenant_name, tenant_tier });
    form.finish(())?;
    user.ok_or_else(Problem::internal)
}

/// A change of the user of that name; a name cannot change.
pub fn parse_change(body: Map<String, Value>, name: &str) -> Result<TenantUserChange, Problem> {
    let mut form = Form::new(body);
    if form.optional_text("userName").is_some_and(|given| given != name) {
        form.fault::<()>("userName", "cannot change: it must be the user name in the path, or left out".into());
    }
    let change = TenantUserChange {
        email: email(&mut form),
        role: role(&mut form),
        enabled: form.take("enabled").and_then(|value| match value {
            Value::Bool(enabled) => Some(enabled),
            _ => form.fault("enabled", "must be true or false".into()),
        }),
    };
    form.finish(change)
}

fn email(form: &mut Form) -> Option<Email> {
    let given = form.take("userEmail")?;
    match given.as_str().map(Email::parse) {
        Some(Ok(email)) => Some(email),
        _ => form.fault("userEmail", Email::RULE.into()),
    }
}

fn role(form: &mut Form) -> Option<String> {
    let given = form.take("userRole")?;
    match given.as_str().filter(|role| ROLES.contains(role)) {
        Some(role) => Some(role.to_owned()),
        None => form.fault("userRole", format!("must be {} or {}", ROLES[0], ROLES[1])),
    }
}
