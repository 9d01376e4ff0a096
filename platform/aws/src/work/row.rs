//! Who holds an owner.

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_contract::id::{TenantId, WorkerId};
use tenantry_contract::resource::Owner;
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;
use tenantry_ports::work::Hold;

use crate::table::{Action, Database, Expression, Intent, Item, Key, Read, moment, shard, sharded};

/// An owner's partition.
pub fn partition(owner: &Owner) -> String {
    owner.tenant().map_or_else(|| "stage".to_owned(), |id| format!("tenant#{id}"))
}

/// An owner as the end of a key.
pub fn text(owner: &Owner) -> &str {
    owner.tenant().map_or("stage", TenantId::as_str)
}

/// The owner at the end of a key. No tenant's id is the stage's word.
pub fn read_owner(item: &Item, text: &str) -> Result<Owner, StoreError> {
    if text == "stage" {
        return Ok(Owner::Stage);
    }
    let id = TenantId::parse(text);
    id.map(Owner::Tenant).map_err(|e| StoreError::broken(format!("{} names no owner", item.called()), e))
}

pub fn work_key(owner: &Owner) -> Key {
    Key::of(partition(owner), "work")
}

/// A ring's key. Its sort key alone says whose it is and when it is due.
pub fn ring_key(owner: &Owner, at: Timestamp) -> Key {
    Key::of(sharded("rings", shard(text(owner))), format!("{}#{}", moment(at), text(owner)))
}

pub fn ring_at(owner: &Owner, sk: &str) -> Key {
    Key::of(sharded("rings", shard(text(owner))), sk)
}

/// An owner's row. One that was never written is nobody's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub fence: u64,
    /// Rises with every write.
    rev: u64,
    pub held: Option<Timestamp>,
    worker: Option<String>,
    /// The earliest ring since the claim.
    pub rung: Option<Timestamp>,
    /// Sort key of the ring that is the row's own.
    pub ring: Option<String>,
}

impl Row {
    pub async fn of(database: &Database, owner: &Owner) -> Result<Self, StoreError> {
        Self::read(database.get(&work_key(owner)).await?.as_ref())
    }

    pub fn read(item: Option<&Item>) -> Result<Self, StoreError> {
        let Some(item) = item else { return Ok(Self::default()) };
        let at = |name| item.maybe_number(name).map(Timestamp::from_millis);
        Ok(Self {
            fence: item.number("fence")?,
            rev: item.number("rev")?,
            held: at("held"),
            worker: item.maybe_text("worker").map(str::to_owned),
            rung: at("rung"),
            ring: item.maybe_text("ring").map(str::to_owned),
        })
    }

    pub fn is_held(&self, now: Timestamp) -> bool {
        self.held.is_some_and(|until| until > now)
    }

    /// Whether the hold is the newest and was not let go.
    pub fn is_of(&self, hold: &Hold) -> bool {
        self.held.is_some() && self.fence == hold.fence && self.worker.as_deref() == Some(hold.worker.as_str())
    }

    /// Writes a row that was decided from this one, if this one is still there.
    pub fn write(&self, intent: &mut Intent<'_>, owner: &Owner, new: &Self) -> Action {
        let number = |name: &str, n: i128| (name.to_owned(), AttributeValue::N(n.to_string()));
        let text = |name: &str, text: &String| (name.to_owned(), AttributeValue::S(text.clone()));
        let mut attributes = vec![number("fence", new.fence.into()), number("rev", (self.rev + 1).into())];
        attributes.extend(new.held.map(|at| number("held", at.millis().into())));
        attributes.extend(new.rung.map(|at| number("rung", at.millis().into())));
        attributes.extend(new.worker.as_ref().map(|worker| text("worker", worker)));
        attributes.extend(new.ring.as_ref().map(|ring| text("ring", ring)));
        let unchanged = match self.rev {
            0 => Expression::absent("pk"),
            rev => Expression::new("#rev = :rev").number("rev", rev),
        };
        intent.put_if(work_key(owner), attributes, unchanged)
    }

    /// Moves the ring that is the row's own.
    pub fn move_ring(&mut self, intent: &mut Intent<'_>, owner: &Owner, to: Option<Timestamp>) {
        let new = to.map(|at| ring_key(owner, at));
        let sk = new.as_ref().and_then(|key| key.sk.clone());
        if sk == self.ring {
            return;
        }
        if let Some(old) = self.ring.take() {
            intent.delete(ring_at(owner, &old));
        }
        if let Some(key) = new {
            intent.put(key, []);
        }
        self.ring = sk;
    }

    pub fn claimed_by(&mut self, worker: &WorkerId, until: Timestamp) {
        self.fence += 1;
        (self.held, self.worker, self.rung) = (Some(until), Some(worker.to_string()), None);
    }

    pub fn let_go(&mut self) {
        (self.held, self.worker, self.rung) = (None, None, None);
    }
}

/// The hold is still the newest: for a write that does not change the row.
pub fn check(intent: &mut Intent<'_>, hold: &Hold) -> Action {
    intent.check(work_key(&hold.owner), is_of(hold))
}

pub fn is_of(hold: &Hold) -> Expression {
    Expression::new("#fence = :fence AND #worker = :worker AND attribute_exists(#held)")
        .number("fence", hold.fence)
        .text("worker", hold.worker.as_str())
}
