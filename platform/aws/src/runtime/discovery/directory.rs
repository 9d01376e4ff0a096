//! Which discovery services there are, by name. Cloud Map finds none by name, only lists all of a namespace: so a
//! list is kept for a while. Who makes one that the list does not show yet is told by Cloud Map that it is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_servicediscovery::types::{FilterCondition, ServiceFilter, ServiceFilterName, ServiceSummary};
use tenantry_ports::runtime::RuntimeError;
use tokio::time::Instant;

use super::super::aws::Aws;
use super::super::place::Namespace;
use crate::fault::call;
use crate::limits::Family;

const FRESH: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Directory(Mutex<HashMap<String, Listed>>);

struct Listed {
    at: Instant,
    ids: BTreeMap<String, String>,
}

impl Directory {
    pub async fn find(&self, aws: &Aws, namespace: &Namespace, label: &str) -> Result<Option<String>, RuntimeError> {
        if let Some(listed) = self.lock().get(&namespace.id).filter(|listed| listed.at.elapsed() < FRESH) {
            return Ok(listed.ids.get(label).cloned());
        }
        let at = Instant::now();
        let named = |service: ServiceSummary| Some((service.name?, service.id?));
        let ids: BTreeMap<_, _> = list(aws, namespace).await?.into_iter().filter_map(named).collect();
        let found = ids.get(label).cloned();
        self.lock().insert(namespace.id.clone(), Listed { at, ids });
        Ok(found)
    }

    pub fn add(&self, namespace: &Namespace, label: &str, id: &str) {
        if let Some(listed) = self.lock().get_mut(&namespace.id) {
            listed.ids.insert(label.to_owned(), id.to_owned());
        }
    }

    pub fn gone(&self, id: &str) {
        for listed in self.lock().values_mut() {
            listed.ids.retain(|_, known| known != id);
        }
    }

    pub fn forget(&self, namespace: &Namespace) {
        self.lock().remove(&namespace.id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Listed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub async fn list(aws: &Aws, namespace: &Namespace) -> Result<Vec<ServiceSummary>, RuntimeError> {
    let of = || call("servicediscovery:ListServices", format!("namespace {}", namespace.name));
    let within = ServiceFilter::builder()
        .name(ServiceFilterName::NamespaceId)
        .values(&namespace.id)
        .condition(FilterCondition::Eq)
        .build()
        .map_err(|e| of().nonsense(e.to_string()))?;
    let (mut services, mut token) = (Vec::new(), None);
    loop {
        aws.limits.take(Family::CloudMapReads).await?;
        let request = aws.cloud_map.list_services().filters(within.clone()).set_next_token(token.take());
        let page = request.send().await.map_err(|e| of().fault(e))?;
        services.extend(page.services.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(services);
        }
    }
}
