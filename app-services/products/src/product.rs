//! A product, read from a body and kept as an item.

use serde_json::{Map, Number, Value, json};
use tenantry_ports::data::Item;
use tenantry_tenancy::{Form, Key, Tenant};
use tenantry_web::Problem;

pub struct Product {
    name: String,
    price: Number,
    sku: Value,
    category: String,
    /// What else was sent.
    rest: Map<String, Value>,
}

/// Set by the service, whatever a body says.
const RESERVED: [&str; 2] = ["productId", "tenantId"];

impl Product {
    pub fn parse(body: Map<String, Value>) -> Result<Self, Problem> {
        let mut form = Form::new(body);
        let product = Self {
            name: form.text("name"),
            price: form.amount("price"),
            sku: form.optional_text_or_number("sku").unwrap_or_else(|| json!("")),
            category: form.optional_text("category").unwrap_or_default(),
            rest: form.rest(&RESERVED),
        };
        form.finish(product)
    }

    /// As it is kept and shown. Whose it is and its id never come from the body.
    pub fn item(self, tenant: &Tenant, key: &Key) -> Item {
        let Self { name, price, sku, category, rest } = self;
        let fields = [
            ("productId", json!(key.0)),
            ("tenantId", json!(tenant.id())),
            ("name", json!(name)),
            ("price", json!(price)),
            ("sku", sku),
            ("category", json!(category)),
        ];
        rest.into_iter().chain(fields.map(|(name, value)| (name.to_owned(), value))).collect()
    }
}
