//! A small, dumb engine: makes things in the order of their needs and removes them backwards.

use std::collections::BTreeMap;
use std::time::Duration;

use tenantry_contract::resource::{Entry, EntryState, Need, Outputs, Owner, Resource};
use tenantry_contract::want::Desired;
use tenantry_ports::page::PageRequest;
use tenantry_ports::runtime::{Inputs, RuntimeError, Step, Tagged};

use super::RuntimeSubject;

/// What has been made, by owner and in the order it was made.
#[derive(Default)]
pub struct Made {
    pub entries: Vec<(Owner, Entry)>,
}

impl Made {
    pub fn inputs(&self, owner: &Owner, resource: &Resource) -> Option<Inputs> {
        resource.needs.iter().map(|need| Some((need.clone(), self.outputs(owner, need)?.clone()))).collect()
    }

    fn outputs(&self, owner: &Owner, need: &Need) -> Option<&Outputs> {
        let (of, id) = match need {
            Need::Own(id) => (owner, id),
            Need::Stage(id) => (&Owner::Stage, id),
        };
        let found = self.entries.iter().find(|(o, entry)| o == of && &entry.resource.id == id);
        found.and_then(|(_, entry)| entry.outputs())
    }

    pub fn of<'a>(&'a self, owner: &'a Owner) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.entries.iter().filter(move |(o, _)| o == owner).map(|(_, entry)| entry)
    }
}

pub(super) fn present(resource: Resource, outputs: Outputs) -> Entry {
    Entry { resource, state: EntryState::Present { outputs } }
}

pub(super) fn intended(resource: Resource) -> Entry {
    Entry { resource, state: EntryState::Intended }
}

impl RuntimeSubject {
    /// The stage first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Desired> {
        std::iter::once(&self.stage).chain(&self.tenants)
    }

    /// Resources in an order in which each comes after its own needs.
    pub fn ordered(&self, desired: &Desired) -> Vec<Resource> {
        let mut waiting = self.runtime.lower(desired).unwrap();
        let mut ordered: Vec<Resource> = Vec::new();
        while !waiting.is_empty() {
            let ready = |resource: &Resource| {
                resource.needs.iter().all(|need| match need {
                    Need::Own(id) => ordered.iter().any(|done| &done.id == id),
                    Need::Stage(_) => true,
                })
            };
            let next = waiting.iter().position(ready).expect("needs form no circle");
            ordered.push(waiting.swap_remove(next));
        }
        ordered
    }

    /// Asks until it is ready.
    pub(super) async fn ensured(&self, made: &Made, owner: &Owner, resource: &Resource, prior: &Entry) -> Outputs {
        let inputs = made.inputs(owner, resource).expect("what it needs is ready");
        patiently(async || self.runtime.ensure(owner, resource, Some(prior), &inputs).await).await
    }

    pub(super) async fn removed(&self, owner: &Owner, entry: &Entry) {
        let removing = Entry {
            resource: entry.resource.clone(),
            state: EntryState::Removing { outputs: entry.outputs().cloned().unwrap_or_default() },
        };
        patiently(async || self.runtime.remove(owner, &removing).await).await;
    }

    pub async fn build(&self, made: &mut Made, desired: &Desired) {
        for resource in self.ordered(desired) {
            let outputs = self.ensured(made, &desired.owner, &resource, &intended(resource.clone())).await;
            made.entries.push((desired.owner.clone(), present(resource, outputs)));
        }
    }

    pub(super) async fn build_all(&self) -> Made {
        let mut made = Made::default();
        for desired in self.all() {
            self.build(&mut made, desired).await;
        }
        made
    }

    /// Tenants before the stage, each backwards.
    pub(super) async fn clear(&self, made: &Made) {
        for (owner, entry) in made.entries.iter().rev() {
            self.removed(owner, entry).await;
        }
    }

    /// How often each resource is there, by its tags.
    pub(super) async fn owned(&self) -> BTreeMap<(Owner, String), Vec<String>> {
        let mut owned: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for thing in self.tagged(50).await {
            owned.entry((thing.owner, thing.resource.to_string())).or_default().push(thing.native);
        }
        owned
    }

    pub(super) async fn tagged(&self, limit: usize) -> Vec<Tagged> {
        let (mut things, mut page) = (Vec::new(), PageRequest::first(limit));
        loop {
            let got = self.runtime.owned(page.clone()).await.unwrap();
            things.extend(got.items);
            let Some(next) = got.next else { return things };
            page.after = Some(next);
        }
    }
}

/// Asks again until it is ready, for a few minutes at most.
pub(super) async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<Step<T>, RuntimeError>) -> T {
    let mut last = String::new();
    for _ in 0..2_000 {
        let after = match ask().await {
            Ok(Step::Ready(done)) => return done,
            Ok(Step::Pending { after, why }) => {
                last = why;
                after
            }
            Err(RuntimeError::Transient { what, retry_after, .. }) => {
                last = what;
                retry_after.unwrap_or(Duration::from_millis(100))
            }
            Err(error) => panic!("it will never be ready: {error}"),
        };
        tokio::time::sleep(after.min(Duration::from_millis(100))).await;
    }
    panic!("it is still not ready: {last}")
}
