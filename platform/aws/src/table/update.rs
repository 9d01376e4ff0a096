//! One item's update by itself, for what is no intent: cheaper than a transaction, and it tells what became of the item.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use tenantry_ports::store::StoreError;

use super::{Database, Expression, Item, Key};

impl Database {
    /// What the update set, or none if the condition did not hold. An update whose answer was lost is made again, so
    /// it must be one that does no harm twice.
    pub async fn update_one(
        &self,
        key: &Key,
        update: &Expression,
        condition: &Expression,
    ) -> Result<Option<Item>, StoreError> {
        let (names, values) = Expression::merged(&[Some(update), Some(condition)]);
        let ask = || async {
            let request = self.client().update_item().table_name(self.inner.tables.name(key.table));
            let request = request
                .set_key(Some(key.item()))
                .update_expression(&update.text)
                .condition_expression(&condition.text)
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values(values.clone())
                .return_values(ReturnValue::UpdatedNew);
            match request.send().await {
                Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
                Err(e) if e.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
                    Ok(None)
                }
                Err(e) => Err(self.call("dynamodb:UpdateItem", key.table).fault(e)),
            }
        };
        Ok(self.patiently(ask).await?)
    }
}
