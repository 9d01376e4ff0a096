//! What to report once an owner is as it should be.

use serde_json::{Map, Value};
use tenantry_contract::attributes::Attributes;
use tenantry_contract::event::Verdict;
use tenantry_contract::operation::{Operation, OperationKind, OperationState};
use tenantry_contract::resource::{CONFIG_OUTPUTS, Entry, Need, Outputs};

use crate::diff::{Goal, Inventory};

/// The end of the open operation, if this inventory is one.
pub(crate) fn verdict(
    operation: &Operation,
    goal: &Goal,
    inventory: &Inventory,
    stage: &Inventory,
) -> Option<(Verdict, Attributes)> {
    match (operation.kind, &operation.state) {
        (OperationKind::Onboard, OperationState::CleaningUp { failure, .. }) => {
            (goal.absent && inventory.is_empty()).then(|| (Verdict::Failure(failure.clone()), Attributes::default()))
        }
        (OperationKind::Onboard, _) => (!goal.absent).then(|| (Verdict::Success, tenant_config(inventory, stage))),
        // Even when it was given up: that nothing is left is what was asked for.
        (OperationKind::Offboard, _) => {
            (goal.absent && inventory.is_empty()).then(|| (Verdict::Success, Attributes::default()))
        }
    }
}

/// `tenantConfig`, as JSON text: what the tenant's things, and the stage's they stand on, tell clients.
fn tenant_config(inventory: &Inventory, stage: &Inventory) -> Attributes {
    let mut config = Map::new();
    let shared = inventory.values().flat_map(|entry| &entry.resource.needs).filter_map(|need| match need {
        Need::Stage(id) => stage.get(id).and_then(Entry::outputs),
        Need::Own(_) => None,
    });
    // Own things come last, and so win.
    for outputs in shared.chain(inventory.values().filter_map(Entry::outputs)) {
        add(&mut config, outputs);
    }
    let text = Value::Object(config).to_string();
    std::iter::once(("tenantConfig".to_owned(), Value::String(text))).collect()
}

fn add(config: &mut Map<String, Value>, outputs: &Outputs) {
    for name in CONFIG_OUTPUTS {
        if let Some(value) = outputs.get(name) {
            config.insert(name.into(), value.as_str().into());
        }
    }
}
