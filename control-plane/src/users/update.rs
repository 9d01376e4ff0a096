//! `PUT /users/{id}`

use axum::extract::State;
use serde_json::{Map, Value};
use tenantry_contract::name::Email;
use tenantry_ports::identity::AdminChange;
use tenantry_web::{Caller, Json, Path, Problem};
use utoipa::ToSchema;

use super::create::as_role;
use super::grant;
use super::view::not_found;
use crate::edge::answer::Message;
use crate::edge::body::Body;
use crate::edge::faults::Faults;
use crate::state::Shared;

#[derive(ToSchema)]
#[schema(as = UserUpdate, rename_all = "camelCase")]
#[expect(dead_code, reason = "it documents what `parse` reads")]
pub(crate) struct Request {
    user_role: Option<String>,
    #[schema(format = "email")]
    email: Option<String>,
}

/// Change a user's role or e-mail
#[utoipa::path(
    put,
    path = "/users/{id}",
    tag = "Users",
    operation_id = "updateUser",
    params(("id" = String, Path, description = "The user's name")),
    request_body = Request,
    responses(
        (status = 200, description = "It is changed", body = Message),
        (status = 403, description = "The role, or the user, has scopes that the caller lacks; or it is the caller's own role"),
        (status = 404, description = "There is none"),
        (status = 409, description = "It is the last administrator that is enabled, and would be none"),
        (status = 422, description = "Fields break rules; all of them are named"),
    ),
)]
#[tracing::instrument(level = "debug", name = "control_plane.user.update", skip_all)]
pub(crate) async fn handler(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Message>, Problem> {
    let mut change = parse(body.object()?)?;
    let admin = grant::target(&app, &caller, &id).await?;
    if let Some(role) = &change.role {
        grant::check_role(&app.cp.settings.policy, &caller, role)?;
        if grant::is_self(&caller, &admin) {
            if *role != admin.role {
                return Err(grant::own("changes their own role", "userRole"));
            }
            // It is no change, and must not undo one that somebody else makes meanwhile.
            change.role = None;
        }
    }
    if app.cp.admins.update(&admin.name, change).await? {
        Ok(Json(Message::text("User updated")))
    } else {
        Err(not_found(&id))
    }
}

fn parse(mut sent: Map<String, Value>) -> Result<AdminChange, Problem> {
    let mut faults = Faults::default();
    let mut text = |name: &str, faults: &mut Faults| match sent.remove(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            faults.say(name, "must be a text");
            None
        }
    };
    let role = text("userRole", &mut faults).and_then(|role| as_role(role, &mut faults));
    let email = text("email", &mut faults).and_then(|email| faults.take("email", Email::parse(email)));
    faults.or(Some(AdminChange { role, email }))
}
