//! [`TenantTable`]: items that are always of one tenant.

mod isolation;
mod items;

pub use self::isolation::*;
pub use self::items::*;

use std::any::Any;
use std::sync::Arc;

use serde_json::{Value, json};
use tenantry_ports::data::{Item, TenantTable};

/// A fresh, empty table, of the kind that tenants share if the adapter has both.
pub struct DataSubject {
    pub table: Arc<dyn TenantTable>,
    pub keep: Box<dyn Any + Send + Sync>,
}

pub(crate) fn item(value: &Value) -> Item {
    value.as_object().cloned().unwrap_or_default()
}

pub(crate) fn numbered(n: usize) -> Item {
    item(&json!({ "n": n }))
}

/// Every member that was put is there; an adapter's table may have its keys as members too.
pub(crate) fn holds(got: Option<&Item>, put: &Item) {
    let got = got.expect("the item is there");
    for (name, value) in put {
        assert_eq!(got.get(name), Some(value), "{name}");
    }
}

/// Tests of a [`TenantTable`], each with a fresh [`DataSubject`].
#[macro_export]
macro_rules! data_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; data:
            what_is_put_is_there,
            a_put_replaces_whole,
            a_condition_holds_or_nothing_is_written,
            of_many_that_make_one_item_one_does,
            what_is_deleted_is_gone,
            keys_are_any_text,
            every_item_is_listed_once,
            a_page_of_large_items_ends_early,
            items_there_before_are_listed_once_while_others_come,
            tenants_do_not_see_each_other,
            tenants_do_not_touch_each_other,
            a_position_of_one_tenant_shows_another_nothing,
        }
    };
}
