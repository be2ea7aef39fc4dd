//! Templates: list, make, read, change, delete, count a use.

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::{Nothing, Ok as OkBody};
use crate::id::{FileUid, TemplateId};
use crate::inbox::template_values::{TemplateName, TemplateText, UseOrigin};
use crate::inbox::templates::{
    NewTemplate, TemplateChange, Visibility, change_template, delete_template, make_template, seen_template,
    templates_of, use_template,
};
use crate::store::templates::TemplateView;
use crate::workspace::people::TeamTitle;
use crate::workspace::zone::utc_time;

#[derive(Serialize, ToSchema)]
pub struct Templates {
    pub templates_count: usize,
    pub templates: Vec<Template>,
}

/// A text to send again and again.
#[derive(Serialize, ToSchema)]
pub struct Template {
    pub id: i64,
    pub name: String,
    pub text: String,
    #[schema(inline)]
    pub visibility: TemplateVisibility,
    /// Null where the template is for all teams.
    pub team_title: Option<String>,
    pub created_by_name: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub updated_by_name: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

/// `public`: everybody sees and changes it. `private`: only who made it. `read-only`: everybody sees it; who made it,
/// owners and admins change it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateVisibility {
    Public,
    Private,
    ReadOnly,
}

/// The visibility of a new template.
pub struct NewVisibility;

impl PartialSchema for NewVisibility {
    fn schema() -> RefOr<Schema> {
        let words = Visibility::ALL.map(Visibility::as_str);
        let default = Some(Visibility::default().as_str().into());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).default(default).into()
    }
}

impl ToSchema for NewVisibility {}

/// A template to be made.
#[derive(ToSchema)]
#[schema(as = NewTemplate)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NewTemplateBody {
    #[schema(min_length = 1, max_length = 160, pattern = r"\S", example = "Order is ready")]
    name: String,
    #[schema(min_length = 1, max_length = 4096, example = "Your order is ready, come and get it")]
    text: String,
    #[schema(required = false, inline, value_type = NewVisibility)]
    visibility: TemplateVisibility,
    /// A team that is there, in whichever case its title is written. Null or left out: for all teams.
    #[schema(required = false, nullable, max_length = 64)]
    team_title: Option<String>,
    /// Partyline's own: a file to send along, by `attachment_template_id`.
    #[schema(required = false, nullable, format = "uuid")]
    file_uid: Option<String>,
}

/// What to change of a template; what is left out stays as it is.
#[derive(ToSchema)]
#[schema(as = TemplateChange)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct TemplateChangeBody {
    #[schema(required = false, min_length = 1, max_length = 160, pattern = r"\S")]
    name: String,
    #[schema(required = false, min_length = 1, max_length = 4096)]
    text: String,
    #[schema(required = false, inline)]
    visibility: TemplateVisibility,
    /// Null: for all teams from now on.
    #[schema(required = false, nullable, max_length = 64)]
    team_title: Option<String>,
    /// Partyline's own: a file to send along, by `attachment_template_id`; null for none from now on.
    #[schema(required = false, nullable, format = "uuid")]
    file_uid: Option<String>,
}

/// A use of a template.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct TemplateUse {
    /// Where it was used, in your own words. At most 32 are told apart for a template.
    #[schema(required = false, max_length = 64)]
    origin: String,
}

/// List templates
///
/// The whole list of those that the token's teammate sees, oldest first; a workspace has at most 500.
#[utoipa::path(
    get, path = "/templates", tag = "Templates", operation_id = "list_templates",
    responses(
        (status = 200, description = "The templates", body = OkBody<Templates>), Refusals,
    ),
)]
pub async fn list_templates(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    call.read(request, |tx, caller, ()| {
        let templates: Vec<Template> = templates_of(tx, caller)?.iter().map(|seen| (&seen.view).into()).collect();
        Ok(Templates { templates_count: templates.len(), templates })
    })
    .await
}

/// Make a template
///
/// Needs scope `full`.
#[utoipa::path(
    post, path = "/templates", tag = "Templates", operation_id = "create_template", request_body = NewTemplateBody,
    responses(
        (status = 200, description = "The template", body = OkBody<Template>), Refusals, BodyRefusals,
    ),
)]
pub async fn create_template(mut call: Call, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| call.body(body, read_new));
    call.write(request, |write, caller, new| {
        let view = make_template(write, caller, new)?;
        Ok(Done { data: Template::from(&view), message: None })
    })
    .await
}

/// Read a template
#[utoipa::path(
    get, path = "/templates/{template_id}", tag = "Templates", operation_id = "get_template",
    params(("template_id" = i64, Path, description = "The template's number")),
    responses(
        (status = 200, description = "The template", body = OkBody<Template>), Refusals,
    ),
)]
pub async fn get_template(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_id(&id));
    call.read(request, |tx, caller, id| Ok(Template::from(&seen_template(tx, caller, *id)?.view))).await
}

/// Change a template
///
/// Needs scope `full`. A `read-only` one is changed by who made it, owners and admins; others get 403
/// `permission_denied`.
#[utoipa::path(
    patch, path = "/templates/{template_id}", tag = "Templates", operation_id = "update_template",
    params(("template_id" = i64, Path, description = "The template's number")), request_body = TemplateChangeBody,
    responses(
        (status = 200, description = "The template as it is now", body = OkBody<Template>), Refusals, BodyRefusals,
    ),
)]
pub async fn update_template(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| {
        let change = call.body(body, read_change)?;
        Ok((parse_id(&id)?, change))
    });
    call.write(request, |write, caller, (id, change)| {
        let view = change_template(write, caller, *id, change)?;
        Ok(Done { data: Template::from(&view), message: None })
    })
    .await
}

/// Delete a template
///
/// Needs scope `full`, and who may change it. Messages that were made with it stay as they are.
#[utoipa::path(
    delete, path = "/templates/{template_id}", tag = "Templates", operation_id = "delete_template",
    params(("template_id" = i64, Path, description = "The template's number")),
    responses(
        (status = 200, description = "It is deleted", body = OkBody<Nothing>), Refusals,
    ),
)]
pub async fn remove_template(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_manage().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_id(&id));
    call.write(request, |write, caller, id| {
        delete_template(write, caller, *id)?;
        Ok(Done { data: Nothing {}, message: None })
    })
    .await
}

/// Count a use of a template
///
/// Needs scope `full`.
#[utoipa::path(
    post, path = "/templates/{template_id}/track_usage", tag = "Templates", operation_id = "track_template_usage",
    params(("template_id" = i64, Path, description = "The template's number")),
    // By its name, for only so it is known that the body may be left out.
    request_body(content = ref("#/components/schemas/TemplateUse"), content_type = "application/json"),
    responses(
        (status = 200, description = "It is counted", body = OkBody<Nothing>), Refusals, BodyRefusals,
    ),
)]
pub async fn track_template_usage(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| {
        let origin = call.body(or_empty(body), |fields| Some(read_origin(fields).unwrap_or_default()))?;
        Ok((parse_id(&id)?, origin))
    });
    call.write(request, |write, caller, (id, origin)| {
        use_template(write, caller, *id, origin.as_str())?;
        Ok(Done { data: Nothing {}, message: None })
    })
    .await
}

/// A body that may be left out.
fn or_empty(body: RawBody) -> RawBody {
    RawBody(body.0.map(|bytes| if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes }))
}

/// Where a template was used.
pub fn read_origin(fields: &mut Fields) -> Option<UseOrigin> {
    fields.parsed("origin", |given| UseOrigin::parse("origin", given))
}

fn read_new(fields: &mut Fields) -> Option<NewTemplate> {
    let (name, text) = (read_name(fields), read_text(fields));
    for (field, is_there) in [("name", name.is_some()), ("text", text.is_some())] {
        if !is_there && !fields.has_fault(field) {
            fields.fault(field, format!("{field} is missing; a template has a name and a text"));
        }
    }
    let visibility = read_visibility(fields).unwrap_or_default();
    let (team, file) = (read_team(fields), read_file(fields));
    Some(NewTemplate { name: name?, text: text?, visibility, team: team.flatten(), file: file.flatten() })
}

fn read_change(fields: &mut Fields) -> Option<TemplateChange> {
    Some(TemplateChange {
        name: read_name(fields),
        text: read_text(fields),
        visibility: read_visibility(fields),
        team: read_team(fields),
        file: read_file(fields),
    })
}

fn read_name(fields: &mut Fields) -> Option<TemplateName> {
    fields.parsed("name", |given| TemplateName::parse("name", given))
}

fn read_text(fields: &mut Fields) -> Option<TemplateText> {
    fields.parsed("text", |given| TemplateText::parse("text", given))
}

fn read_visibility(fields: &mut Fields) -> Option<Visibility> {
    fields.parsed("visibility", |given| {
        let rule = || format!("visibility \"{given}\" is unknown; use public, private or read-only");
        Visibility::parse(given).ok_or_else(|| Error::invalid("visibility", rule()))
    })
}

/// Null says something here, other than where a field is merely left out: for all teams.
fn read_team(fields: &mut Fields) -> Option<Option<TeamTitle>> {
    if fields.is_null("team_title") {
        return Some(None);
    }
    fields.parsed("team_title", |given| TeamTitle::parse("team_title", given))
}

fn read_file(fields: &mut Fields) -> Option<Option<FileUid>> {
    if fields.is_null("file_uid") {
        return Some(None);
    }
    let uid = fields.parsed("file_uid", |given| {
        let rule = || format!("file_uid \"{given}\" is no uid of a file; upload one first and give its uid");
        Uuid::try_parse(given).map(FileUid).map_err(|_| Error::invalid("file_uid", rule()))
    });
    uid.map(Some)
}

pub fn parse_id(text: &str) -> Result<TemplateId, Error> {
    let rule = || format!("template_id must be a whole number, not \"{text}\"");
    text.parse().map(TemplateId).map_err(|_| Error::invalid("template_id", rule()))
}

impl From<&str> for TemplateVisibility {
    fn from(word: &str) -> TemplateVisibility {
        match Visibility::parse(word) {
            Some(Visibility::Public) => TemplateVisibility::Public,
            Some(Visibility::ReadOnly) => TemplateVisibility::ReadOnly,
            Some(Visibility::Private) | None => TemplateVisibility::Private,
        }
    }
}

impl From<&TemplateView> for Template {
    fn from(view: &TemplateView) -> Template {
        let row = &view.template;
        Template {
            id: row.id.0,
            name: row.name.clone(),
            text: row.text.clone(),
            visibility: row.visibility.as_str().into(),
            team_title: Some(view.team_title.clone()).filter(|title| !title.is_empty()),
            created_by_name: view.created_by_name.clone(),
            created_at: utc_time(row.created_at),
            updated_by_name: view.updated_by_name.clone(),
            updated_at: utc_time(row.updated_at),
        }
    }
}
