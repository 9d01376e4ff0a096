//! What there is, and the rules it keeps.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_contract::resource::{Entry, Outputs, Owner, Resource, ResourceId};
use tenantry_ports::runtime::{Inputs, RuntimeError, Step, Tagged};

use super::SOON;

/// The output that carries a thing's own name, where a user pool has its id for that.
const NATIVE: &str = "native";

#[derive(Debug, Default)]
pub(super) struct Cloud {
    pub things: BTreeMap<String, Thing>,
    pub made: BTreeMap<(Owner, ResourceId), u32>,
    pub slow: BTreeMap<String, u32>,
    pub trespasses: Vec<String>,
    minted: u16,
}

#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub tagged: Tagged,
    pub spec_hash: String,
    pub drifted: bool,
    /// Answers "not yet" so many more times.
    pub settles: u32,
    pub port: u16,
    /// So many more times while it goes; none while it stays.
    goes: Option<u32>,
    stands_on: BTreeSet<String>,
}

impl Cloud {
    /// The thing of those outputs, else the one that carries the tags.
    pub fn find(&self, owner: &Owner, id: &ResourceId, outputs: Option<&Outputs>) -> Option<&Thing> {
        let known = outputs.and_then(|o| o.get(NATIVE)).and_then(|native| self.things.get(native));
        known.or_else(|| self.things.values().find(|t| &t.tagged.owner == owner && &t.tagged.resource == id))
    }

    pub fn of_mut<'a>(&'a mut self, owner: &'a Owner, id: &'a ResourceId) -> impl Iterator<Item = &'a mut Thing> {
        self.things.values_mut().filter(move |t| &t.tagged.owner == owner && &t.tagged.resource == id)
    }

    pub fn ensure(
        &mut self,
        owner: &Owner,
        resource: &Resource,
        prior: Option<&Entry>,
        inputs: &Inputs,
    ) -> Result<Step<Outputs>, RuntimeError> {
        let stands_on = self.foundation(owner, resource, inputs)?;
        let known = self.find(owner, &resource.id, prior.and_then(Entry::outputs));
        let native = known.map(|thing| thing.tagged.native.clone());
        let native = native.unwrap_or_else(|| self.make(owner, resource));
        let Some(thing) = self.things.get_mut(&native) else {
            return Err(RuntimeError::permanent("a thing is gone that was just found"));
        };
        if thing.goes.is_some() {
            return Err(RuntimeError::transient("it is being removed", "too early"));
        }
        thing.stands_on = stands_on;
        thing.spec_hash.clone_from(&resource.spec_hash);
        thing.drifted = false;
        if thing.settles > 0 {
            thing.settles -= 1;
            return Ok(Step::Pending { after: SOON, why: "it is being made".into() });
        }
        let mut outputs = Outputs::from([(NATIVE.to_owned(), native.clone())]);
        if resource.kind == "pool" {
            outputs.insert("appClientId".into(), format!("client-of-{native}"));
            outputs.insert("userPoolId".into(), native);
        }
        Ok(Step::Ready(outputs))
    }

    /// What it is built upon: everything it needs must be there and ready.
    fn foundation(
        &mut self,
        owner: &Owner,
        resource: &Resource,
        inputs: &Inputs,
    ) -> Result<BTreeSet<String>, RuntimeError> {
        let mut natives = BTreeSet::new();
        for need in &resource.needs {
            let native = inputs.get(need).and_then(|outputs| outputs.get(NATIVE));
            let there = |native: &&String| self.things.get(*native).is_some_and(|t| t.settles == 0 && t.goes.is_none());
            let Some(native) = native.filter(there) else {
                let what = format!("{owner}: {} stands on {need:?}, which is not there", resource.id);
                self.trespasses.push(what.clone());
                return Err(RuntimeError::permanent(what));
            };
            natives.insert(native.clone());
        }
        Ok(natives)
    }

    fn make(&mut self, owner: &Owner, resource: &Resource) -> String {
        self.minted += 1;
        let native = match resource.kind.as_str() {
            // The cloud names these itself: asked twice, it makes two.
            "pool" | "tenant-admin" => format!("{}-{:05}", resource.kind, self.minted),
            _ => format!("{owner}/{}", resource.id),
        };
        let tagged = Tagged {
            owner: owner.clone(),
            resource: resource.id.clone(),
            kind: resource.kind.clone(),
            native: native.clone(),
        };
        let thing = Thing {
            tagged,
            spec_hash: resource.spec_hash.clone(),
            drifted: false,
            settles: self.slow.get(&resource.kind).copied().unwrap_or(0),
            port: 20_000 + self.minted,
            goes: None,
            stands_on: BTreeSet::new(),
        };
        *self.made.entry((owner.clone(), resource.id.clone())).or_default() += 1;
        self.things.insert(native.clone(), thing);
        native
    }

    pub fn twin(&mut self, owner: &Owner, id: &ResourceId) {
        let Some(mut twin) = self.find(owner, id, None).cloned() else { return };
        self.minted += 1;
        // It sorts before the first, so that who looks by tag alone finds it first.
        twin.tagged.native = format!("a-twin-{:05}", self.minted);
        self.things.insert(twin.tagged.native.clone(), twin);
    }

    pub fn remove(&mut self, owner: &Owner, entry: &Entry) -> Result<Step<()>, RuntimeError> {
        let Some(thing) = self.find(owner, &entry.resource.id, entry.outputs()) else { return Ok(Step::Ready(())) };
        let native = thing.tagged.native.clone();
        if let Some(other) = self.stood_on(&native) {
            let what = format!("{owner}: {} cannot go: {other} stands on it", entry.resource.id);
            self.trespasses.push(what.clone());
            return Err(RuntimeError::transient(what, "in use"));
        }
        let slow = self.slow.get(&entry.resource.kind).copied().unwrap_or(0);
        let Some(thing) = self.things.get_mut(&native) else { return Ok(Step::Ready(())) };
        let left = *thing.goes.get_or_insert(slow);
        if left > 0 {
            thing.goes = Some(left - 1);
            return Ok(Step::Pending { after: SOON, why: "it is going".into() });
        }
        self.things.remove(&native);
        Ok(Step::Ready(()))
    }

    /// What no list has goes along with what it is in.
    pub fn discard(&mut self, native: &str) -> Result<Step<()>, RuntimeError> {
        let stands = |t: &&Thing| t.stands_on.contains(native);
        if let Some(other) = self.things.values().filter(stands).find(|t| is_listed(&t.tagged.kind)) {
            return Err(RuntimeError::transient(format!("{} stands on it", other.tagged.native), "in use"));
        }
        self.things.retain(|name, thing| name != native && !thing.stands_on.contains(native));
        Ok(Step::Ready(()))
    }

    fn stood_on(&self, native: &str) -> Option<String> {
        self.things.values().find(|t| t.stands_on.contains(native)).map(|t| t.tagged.native.clone())
    }
}

/// Whether things of that kind can be listed. No runtime has tags on users and rows: they are in something that has.
pub(super) fn is_listed(kind: &str) -> bool {
    !matches!(kind, "tenant-admin" | "rows")
}
