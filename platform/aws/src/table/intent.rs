//! A write in the making.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as Returned, TransactWriteItem, Update,
};
use tenantry_contract::time::Timestamp;
use tenantry_ports::store::StoreError;

use super::{Database, Expression, Item, Key, Published};

/// One intent's actions, all or none of which happen. No item may be in it twice.
pub struct Intent<'a> {
    pub(super) database: &'a Database,
    /// The moment it is decided at: its events' time and the key they are found by.
    pub now: Timestamp,
    pub(super) actions: Vec<(Key, Do)>,
    pub(super) published: Vec<Published>,
}

/// An action of an intent, to be asked after when the intent was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Action(pub(super) usize);

pub(super) enum Do {
    Put(Item, Option<Expression>),
    Update(Expression, Option<Expression>),
    Delete(Option<Expression>),
    Check(Expression),
}

impl Database {
    pub fn intent(&self) -> Intent<'_> {
        Intent { database: self, now: self.now(), actions: Vec::new(), published: Vec::new() }
    }
}

impl Intent<'_> {
    /// Writes the key's attributes and these over whatever is there.
    pub fn put(&mut self, key: Key, attributes: impl IntoIterator<Item = (String, Attribute)>) -> Action {
        let item = filled(&key, attributes);
        self.add(key, Do::Put(item, None))
    }

    pub fn put_if(
        &mut self,
        key: Key,
        attributes: impl IntoIterator<Item = (String, Attribute)>,
        condition: Expression,
    ) -> Action {
        let item = filled(&key, attributes);
        self.add(key, Do::Put(item, Some(condition)))
    }

    /// Writes an item that must not be there yet.
    pub fn insert(&mut self, key: Key, attributes: impl IntoIterator<Item = (String, Attribute)>) -> Action {
        let absent = absent(&key);
        self.put_if(key, attributes, absent)
    }

    /// Such as `SET #a = :a`; makes the item if it is not there.
    pub fn update(&mut self, key: Key, update: Expression) -> Action {
        self.add(key, Do::Update(update, None))
    }

    pub fn update_if(&mut self, key: Key, update: Expression, condition: Expression) -> Action {
        self.add(key, Do::Update(update, Some(condition)))
    }

    pub fn delete(&mut self, key: Key) -> Action {
        self.add(key, Do::Delete(None))
    }

    pub fn delete_if(&mut self, key: Key, condition: Expression) -> Action {
        self.add(key, Do::Delete(Some(condition)))
    }

    /// Writes nothing to the item, and nothing at all if the condition does not hold.
    pub fn check(&mut self, key: Key, condition: Expression) -> Action {
        self.add(key, Do::Check(condition))
    }

    /// How many actions it has; DynamoDB takes a hundred.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    fn add(&mut self, key: Key, what: Do) -> Action {
        self.actions.push((key, what));
        Action(self.actions.len() - 1)
    }
}

type Attribute = aws_sdk_dynamodb::types::AttributeValue;

fn filled(key: &Key, attributes: impl IntoIterator<Item = (String, Attribute)>) -> Item {
    let mut item: Item = attributes.into_iter().collect();
    item.extend(key.item());
    item
}

fn absent(key: &Key) -> Expression {
    Expression::absent(match key.table {
        super::Table::Tenants => "tenantId",
        super::Table::Registrations => "tenantRegistrationId",
        super::Table::ControlPlane => "pk",
    })
}

/// The actions as the SDK wants them. DynamoDB's own words for an item that is in it twice do not say which.
pub(super) fn lowered(database: &Database, actions: Vec<(Key, Do)>) -> Result<Vec<TransactWriteItem>, StoreError> {
    let mut keys: Vec<&Key> = actions.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    if let Some(twice) = keys.iter().zip(keys.iter().skip(1)).find_map(|(a, b)| (a == b).then_some(a)) {
        return Err(StoreError::Broken { what: format!("a write has {twice:?} in it twice"), cause: None });
    }
    let lower = |(key, what)| {
        lower(database.inner.tables.name(Key::table(&key)), &key, what)
            .map_err(|e| StoreError::broken("a write could not be built", e))
    };
    actions.into_iter().map(lower).collect()
}

impl Key {
    pub(super) fn table(&self) -> super::Table {
        self.table
    }
}

fn lower(table: &str, key: &Key, what: Do) -> Result<TransactWriteItem, BuildError> {
    let whole = TransactWriteItem::builder();
    let text = |e: &Option<Expression>| e.as_ref().map(|e| e.text.clone());
    Ok(match what {
        Do::Put(item, condition) => {
            let (names, values) = Expression::merged(&[condition.as_ref()]);
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .set_condition_expression(text(&condition))
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(Returned::AllOld);
            whole.put(put.build()?).build()
        }
        Do::Update(update, condition) => {
            let (names, values) = Expression::merged(&[Some(&update), condition.as_ref()]);
            let update = Update::builder()
                .table_name(table)
                .set_key(Some(key.item()))
                .update_expression(update.text)
                .set_condition_expression(text(&condition))
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(Returned::AllOld);
            whole.update(update.build()?).build()
        }
        Do::Delete(condition) => {
            let (names, values) = Expression::merged(&[condition.as_ref()]);
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(key.item()))
                .set_condition_expression(text(&condition))
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(Returned::AllOld);
            whole.delete(delete.build()?).build()
        }
        Do::Check(condition) => {
            let (names, values) = Expression::merged(&[Some(&condition)]);
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(key.item()))
                .condition_expression(condition.text)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(Returned::AllOld);
            whole.condition_check(check.build()?).build()
        }
    })
}
