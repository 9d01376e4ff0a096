//! A product, read from a body and kept as an item.

use serde_json::{Map, Number, Value, json};
use tenantry_ports::data::Item;
use tenantry_tenancy::{Form, Key, Tenant};
use tenantry_web::Problem;

pub struct Product {
    name: String,
    price: Number,
    sku: String,
    category: String,
}

impl Product {
    pub fn parse(body: Map<String, Value>) -> Result<Self, Problem> {
        let mut form = Form::new(body);
        let product = Self {
            name: form.text("name"),
            price: form.amount("price"),
            sku: form.optional_text("sku").unwrap_or_default(),
            category: form.optional_text("category").unwrap_or_default(),
        };
        form.finish(product)
    }

    /// As it is kept and shown. Whose it is and its id never come from the body.
    pub fn item(self, tenant: &Tenant, key: &Key) -> Item {
        let Self { name, price, sku, category } = self;
        let fields = [
            ("productId", json!(key.0)),
            ("tenantId", json!(tenant.id())),
            ("name", json!(name)),
            ("price", json!(price)),
            ("sku", json!(sku)),
            ("category", json!(category)),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
