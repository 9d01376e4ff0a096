//! `POST /users`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_contract::name::Email;
use tenantry_ports::identity::{LONGEST_USER_NAME, Made, NewAdmin};
use tenantry_ports::keys::{StoredAnswer, Taken};
use tenantry_web::{Caller, Problem};
use utoipa::ToSchema;

use super::grant;
use crate::edge::answer::Data;
use crate::edge::body::Body;
use crate::edge::faults::Faults;
use crate::edge::idempotency::{self, IdempotencyKey};
use crate::state::{App, Shared};

#[derive(ToSchema)]
#[schema(as = NewUser, rename_all = "camelCase", example = json!({"userName": "ada", "email": "ada@example.com", "userRole": "SystemViewer"}))]
#[expect(dead_code, reason = "it documents what `parse` reads")]
pub(crate) struct Request {
    #[schema(max_length = 128)]
    user_name: String,
    /// Where the one-time password goes.
    #[schema(format = "email")]
    email: String,
    /// Free text; one that names a group puts the user into it.
    #[schema(max_length = 128)]
    user_role: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserCreated)]
pub(crate) struct Created {
    pub user_name: String,
}

/// Create a user
///
/// A one-time password is mailed.
#[utoipa::path(
    post,
    path = "/users",
    tag = "Users",
    operation_id = "createUser",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters")),
    request_body = Request,
    responses(
        (status = 201, description = "It is made", body = Data<Created>),
        (status = 403, description = "The role grants scopes that the caller lacks"),
        (status = 409, description = "The name is taken"),
        (status = 422, description = "Fields break rules; all of them are named"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.create", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    caller: Caller,
    key: IdempotencyKey,
    body: Body,
) -> Result<Response, Problem> {
    const PATH: &str = "/users";
    let new = parse(body.object()?)?;
    grant::check_role(&app.cp.settings.policy, &caller, &new.role)?;
    let Some(key) = key.scoped(&caller, PATH, PATH, &body.0) else {
        return Ok(idempotency::answer(create(&app, new, false).await?));
    };
    let again = match app.cp.keys.take(&key).await? {
        Taken::New => false,
        Taken::Unanswered => true,
        Taken::Replayed(stored) => return Ok(idempotency::replay(stored)),
        Taken::Reused => return Err(idempotency::reused()),
    };
    let answer = create(&app, new, again).await?;
    app.cp.keys.answer(&key, answer.clone()).await?;
    Ok(idempotency::answer(answer))
}

/// Makes the user. `again` is for a request whose first run never got as far as its answer: a user that is
/// just what it asked for is its own work.
async fn create(app: &App, new: NewAdmin, again: bool) -> Result<StoredAnswer, Problem> {
    let made = app.cp.admins.create(new.clone()).await?;
    let ours = match made {
        Made::New(_) => true,
        Made::Taken if again => {
            app.cp.admins.get(&new.name).await?.is_some_and(|a| a.email == new.email.as_str() && a.role == new.role)
        }
        Made::Taken => false,
    };
    if ours {
        // Texts always serialize.
        let body = serde_json::to_vec(&Data { data: Created { user_name: new.name } }).unwrap_or_default();
        return Ok(StoredAnswer { status: StatusCode::CREATED.as_u16(), body });
    }
    let problem = Problem::conflict("userName is taken by another user").field("userName", "is taken by another user");
    Ok(StoredAnswer { status: problem.status().as_u16(), body: problem.render(None) })
}

fn parse(mut sent: Map<String, Value>) -> Result<NewAdmin, Problem> {
    let mut faults = Faults::default();
    let name = match text(&mut sent, "userName", &mut faults) {
        Some(name) if is_user_name(&name) => Some(name),
        Some(_) => {
            faults.say("userName", "must be 1 to 128 letters, digits or any of '-_.+@'");
            None
        }
        None => None,
    };
    let email = text(&mut sent, "email", &mut faults).and_then(|email| faults.take("email", Email::parse(email)));
    let role = text(&mut sent, "userRole", &mut faults).and_then(|role| as_role(role, &mut faults));
    let new = match (name, email, role) {
        (Some(name), Some(email), Some(role)) => Some(NewAdmin { name, email, role }),
        _ => None,
    };
    faults.or(new)
}

fn text(sent: &mut Map<String, Value>, name: &str, faults: &mut Faults) -> Option<String> {
    match sent.remove(name) {
        Some(Value::String(text)) => return Some(text),
        None | Some(Value::Null) => faults.say(name, "is required"),
        Some(_) => faults.say(name, "must be a text"),
    }
    None
}

/// What fits a path, a header and a mail.
fn is_user_name(name: &str) -> bool {
    // A client would take the two for folders, and never reach the user.
    let folder = matches!(name, "." | "..");
    !folder
        && (1..=LONGEST_USER_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+@".contains(&b))
}

pub(super) fn as_role(role: String, faults: &mut Faults) -> Option<String> {
    let fits = (1..=128).contains(&role.chars().count()) && !role.chars().any(char::is_control);
    if !fits {
        faults.say("userRole", "must be 1 to 128 printable characters");
    }
    fits.then_some(role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(body: &Value) -> Vec<String> {
        parse(body.as_object().unwrap().clone()).unwrap_err().errors().iter().map(|e| e.field.clone()).collect()
    }

    #[test]
    fn every_fault_is_named() {
        assert_eq!(fields(&json!({})), ["userName", "email", "userRole"]);
        assert_eq!(fields(&json!({"userName": "a b", "email": "x", "userRole": 1})), ["userName", "email", "userRole"]);
        assert_eq!(fields(&json!({"userName": "a", "email": "a@b.co", "userRole": "a\nb"})), ["userRole"]);
        for name in [".", "..", &"a".repeat(129)] {
            assert_eq!(fields(&json!({"userName": name, "email": "a@b.co", "userRole": "x"})), ["userName"]);
        }
    }
}
