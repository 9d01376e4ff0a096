//! What the surroundings of every handler may answer: said here once, so that no route can forget it.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Response};

use super::problem::add;

const KEY: &str = "Idempotency-Key";

/// To be called once the operation says who may call it.
pub(super) fn add_common(operation: &mut Operation) {
    if operation.request_body.is_some() {
        add(operation, "400", "The body is not JSON");
        add(operation, "413", "The body is too large: at most 256 KiB");
        add(operation, "415", "The body is not called JSON");
    }
    // Whoever is asked for a token reads or writes what is kept; the other routes say so themselves.
    if operation.security.as_ref().is_some_and(|security| !security.is_empty()) {
        add(operation, "503", "It cannot be done just now; nothing was, unless the answer to it was lost");
    }
    if takes_key(operation) {
        add(operation, "422", "A bad key, or one used for another request");
        for response in with_status(operation, |status| status.starts_with('2')) {
            let replayed = header(Type::String, "`true` for an answer that was given before");
            response.headers.insert("Idempotency-Replayed".into(), replayed);
        }
    }
    // A probe asks again when it likes.
    if operation.operation_id.as_deref() == Some("getReadiness") {
        return;
    }
    for response in with_status(operation, |status| status == "429" || status == "503") {
        let after = header(Type::Integer, "Seconds after which to try again");
        response.headers.insert("Retry-After".into(), after);
    }
}

fn takes_key(operation: &Operation) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.name == KEY && matches!(parameter.parameter_in, ParameterIn::Header),
        RefOr::Ref(_) => false,
    })
}

fn with_status(operation: &mut Operation, wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = &mut Response> {
    operation.responses.responses.iter_mut().filter(move |(status, _)| wanted(status)).filter_map(|(_, response)| {
        match response {
            RefOr::T(response) => Some(response),
            RefOr::Ref(_) => None,
        }
    })
}

fn header(kind: Type, description: &str) -> RefOr<Header> {
    let schema = ObjectBuilder::new().schema_type(kind).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build().into()
}
