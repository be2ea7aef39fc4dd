//! Invitations to the workspace.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::teammates::{Roll, Teammate};
use crate::http::public::view::{Ok as OkBody, OkStatus};
use crate::id::TeammateId;
use crate::workspace::invitations::{Invitation, invite_teammate, unknown_invitation, withdraw_invitation};
use crate::workspace::people::{Email, PersonName, TeamTitle};
use crate::workspace::teammates::Role;

/// Whom to invite.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NewInvitation {
    /// No other teammate of the workspace may have it, in whichever case it is written.
    #[schema(max_length = 254, format = "email", example = "maria@example.com")]
    email: String,
    #[schema(required = false, max_length = 150)]
    first_name: String,
    #[schema(required = false, max_length = 150)]
    last_name: String,
    /// Made if there is no such team, at most 100 of them; blank means none.
    #[schema(required = false, max_length = 64)]
    team_title: String,
    #[schema(required = false, inline, value_type = InvitedRole)]
    role: String,
}

/// What somebody can be invited as.
pub struct InvitedRole;

impl PartialSchema for InvitedRole {
    fn schema() -> RefOr<Schema> {
        let roles = Role::INVITED.map(Role::as_str);
        let default = Some(Role::default().as_str().into());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(roles)).default(default).into()
    }
}

impl ToSchema for InvitedRole {}

#[derive(Serialize, ToSchema)]
pub struct Withdrawn {
    pub status: OkStatus,
    /// Whose invitation it was.
    pub message: String,
}

/// Invite a teammate
///
/// Needs scope `full` and a token of an owner or admin. No mail is sent: the invitation waits in the list of teammates
/// until it is accepted. Whoever is invited already is answered unchanged; an active teammate is 400. A workspace has at
/// most 1,000 teammates, invited ones included.
#[utoipa::path(
    post, path = "/workspace/invitations", tag = "Workspace", operation_id = "create_invitation",
    request_body = NewInvitation,
    responses(
        (status = 200, description = "The teammate who is invited", body = OkBody<Teammate>), Refusals, BodyRefusals,
    ),
)]
pub async fn create_invitation(mut call: Call, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| call.body(body, read_invitation));
    call.write(request, |write, caller, invitation| {
        let teammate = invite_teammate(write, caller, invitation)?;
        let data = Roll::read(write.tx, caller, write.now)?.teammate(&teammate);
        Ok(Done { data, message: None })
    })
    .await
}

/// Withdraw an invitation
///
/// Needs scope `full` and a token of an owner or admin. Only one that is pending: an active teammate is 400.
#[utoipa::path(
    delete, path = "/workspace/invitations/{user_id}", tag = "Workspace", operation_id = "delete_invitation",
    params(("user_id" = String, Path, description = "As `user_id` in the list of teammates")),
    responses(
        (status = 200, description = "The invitation is withdrawn", body = Withdrawn), Refusals,
    ),
)]
pub async fn delete_invitation(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_manage().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_id(&id));
    call.bare()
        .write(request, |write, caller, id| {
            let teammate = withdraw_invitation(write, caller, *id)?;
            let message = format!("The invitation of {} is withdrawn", teammate.email);
            Ok(Done { data: Withdrawn { status: OkStatus::Ok, message }, message: None })
        })
        .await
}

fn read_invitation(fields: &mut Fields) -> Option<Invitation> {
    let email = fields.parsed("email", |given| Email::parse("email", given));
    if email.is_none() && !fields.has_fault("email") {
        fields.fault("email", "email is missing; give the address of whom to invite".into());
    }
    let role = fields.parsed("role", |given| match Role::parse(given).filter(|role| Role::INVITED.contains(role)) {
        Some(role) => Ok(role),
        None => {
            let known = Role::INVITED.map(Role::as_str).join(", ");
            Err(Error::invalid("role", format!("role \"{given}\" can't be given; use one of {known}")))
        }
    });
    let first_name = fields.parsed("first_name", |given| PersonName::parse("first_name", given));
    let last_name = fields.parsed("last_name", |given| PersonName::parse("last_name", given));
    let team = fields.parsed("team_title", |given| TeamTitle::parse("team_title", given));
    Some(Invitation {
        email: email?,
        first_name: first_name.unwrap_or_default(),
        last_name: last_name.unwrap_or_default(),
        team: team.flatten(),
        role: role.unwrap_or_default(),
    })
}

fn parse_id(text: &str) -> Result<TeammateId, Error> {
    text.parse().map(TeammateId).map_err(|_| unknown_invitation())
}
