//! Errors in the document: one schema, said once.

use std::collections::BTreeMap;

use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

const KIND: &str = "application/problem+json";

/// A problem document (RFC 9457), with SBT's `message` and `statusCode` beside.
#[derive(ToSchema)]
#[schema(as = Problem, rename_all = "camelCase", example = json!({
    "type": "about:blank", "title": "Unprocessable Entity", "status": 422, "statusCode": 422,
    "detail": "tenantData.tier must be one of basic, advanced, premium",
    "message": "tenantData.tier must be one of basic, advanced, premium",
    "errors": [{"field": "tenantData.tier", "rule": "must be one of basic, advanced, premium"}]
}))]
#[expect(dead_code, reason = "it documents what the web layer writes")]
struct ProblemDoc {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    /// The same as `detail`.
    message: String,
    /// The same as `status`.
    status_code: u16,
    /// To be quoted when asking for help.
    request_id: Option<String>,
    /// Every field that breaks a rule.
    errors: Option<Vec<FieldErrorDoc>>,
}

#[derive(ToSchema)]
#[schema(as = FieldError)]
#[expect(dead_code, reason = "it documents what the web layer writes")]
struct FieldErrorDoc {
    field: String,
    rule: String,
}

pub(super) fn register(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    schemas.insert("Problem".into(), ProblemDoc::schema());
    schemas.insert("FieldError".into(), FieldErrorDoc::schema());
}

/// Adds an answer of this kind, unless the operation has one of its own.
pub(super) fn add(operation: &mut Operation, status: &str, description: &str) {
    let response = ResponseBuilder::new().description(description).build();
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
}

/// Gives every error its content.
pub(super) fn fill(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && matches!(status.as_bytes().first(), Some(b'4' | b'5'))
        {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            response.content.insert(KIND.to_owned(), content.into());
        }
    }
}
