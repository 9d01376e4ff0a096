//! Admins in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tenantry_contract::time::Timestamp;
use tenantry_ports::identity::{Admin, AdminChange, Admins, IdentityError, Made, NewAdmin};
use tenantry_ports::page::{Page, PageRequest, Position};

use crate::stand::NOW;

#[derive(Default)]
pub struct People {
    known: Mutex<BTreeMap<String, Admin>>,
    /// The next creation happens, and its answer is lost.
    pub lose_answer: AtomicBool,
}

#[async_trait]
impl Admins for People {
    async fn create(&self, new: NewAdmin) -> Result<Made<Admin>, IdentityError> {
        let mut known = self.known.lock().unwrap();
        if known.contains_key(&new.name) {
            return Ok(Made::Taken);
        }
        let admin = Admin {
            name: new.name.clone(),
            email: new.email.to_string(),
            role: new.role,
            status: "FORCE_CHANGE_PASSWORD".into(),
            enabled: true,
            created: Timestamp::from_millis(NOW * 1000),
            modified: Timestamp::from_millis(NOW * 1000),
        };
        known.insert(new.name, admin.clone());
        if self.lose_answer.swap(false, Ordering::SeqCst) {
            return Err(IdentityError::unknown("make a user", "the line went dead"));
        }
        Ok(Made::New(admin))
    }

    async fn get(&self, name: &str) -> Result<Option<Admin>, IdentityError> {
        Ok(self.known.lock().unwrap().get(name).cloned())
    }

    async fn list(&self, page: PageRequest) -> Result<Page<Admin>, IdentityError> {
        let known = self.known.lock().unwrap();
        let after = page.after.map(|position| position.0).unwrap_or_default();
        let mut items: Vec<_> = known.values().filter(|a| a.name > after).take(page.limit + 1).cloned().collect();
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        let next = items.last().filter(|_| more).map(|a| Position(a.name.clone()));
        Ok(Page { items, next })
    }

    async fn update(&self, name: &str, change: AdminChange) -> Result<bool, IdentityError> {
        let mut known = self.known.lock().unwrap();
        let Some(admin) = known.get_mut(name) else { return Ok(false) };
        if let Some(role) = change.role {
            admin.role = role;
        }
        if let Some(email) = change.email {
            admin.email = email.into();
        }
        Ok(true)
    }

    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<bool, IdentityError> {
        Ok(self.known.lock().unwrap().get_mut(name).map(|admin| admin.enabled = enabled).is_some())
    }

    async fn delete(&self, name: &str) -> Result<bool, IdentityError> {
        Ok(self.known.lock().unwrap().remove(name).is_some())
    }
}
