//! An order, read from a body and kept as an item.

use serde_json::{Map, Number, Value, json};
use tenantry_ports::data::Item;
use tenantry_tenancy::{Form, Key, Tenant};
use tenantry_web::Problem;

pub struct Order {
    name: String,
    lines: Vec<Line>,
}

/// Keeps an order far below what a table takes as one item.
const MOST_LINES: usize = 100;

struct Line {
    product: String,
    price: Number,
    quantity: u64,
}

impl Order {
    pub fn parse(body: Map<String, Value>) -> Result<Self, Problem> {
        let mut form = Form::new(body);
        let order = Self { name: form.text("orderName"), lines: form.list("orderProducts", MOST_LINES, Line::read) };
        form.finish(order)
    }

    /// As it is kept and shown. Whose it is and its id never come from the body.
    pub fn item(self, tenant: &Tenant, key: &Key) -> Item {
        let lines: Vec<Value> = self.lines.into_iter().map(Line::json).collect();
        let fields = [
            ("orderId", json!(key.0)),
            ("tenantId", json!(tenant.id())),
            ("orderName", json!(self.name)),
            ("orderProducts", json!(lines)),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Line {
    fn read(form: &mut Form) -> Self {
        Self { product: form.text("productId"), price: form.amount("price"), quantity: form.count("quantity") }
    }

    fn json(self) -> Value {
        json!({ "productId": self.product, "price": self.price, "quantity": self.quantity })
    }
}
