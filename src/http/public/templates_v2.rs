//! Templates in their second version: what may be done with each, and what is sent along.

use std::collections::BTreeMap;

use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::templates::{TemplateVisibility, read_origin};
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::id::{TeamId, TemplateId};
use crate::inbox::template_values::UseOrigin;
use crate::inbox::templates::{SeenTemplate, templates_of, use_template};
use crate::workspace::zone::short_time;

#[derive(Serialize, ToSchema)]
pub struct TemplatesV2 {
    pub templates_count: usize,
    pub templates: Vec<TemplateV2>,
}

/// A template and what the token's teammate may do with it.
#[derive(Serialize, ToSchema)]
pub struct TemplateV2 {
    pub id: i64,
    pub name: String,
    pub text: String,
    pub created_by_name: String,
    pub updated_by_name: String,
    /// `YYYY-MM-DD HH:MM` in the workspace's zone.
    pub updated_at: String,
    pub can_be_edited: bool,
    pub can_be_deleted: bool,
    #[schema(inline)]
    pub visibility: TemplateVisibility,
    /// Whether it is for all teams.
    pub team_any: bool,
    /// The team's number; null where it is for all teams.
    pub team: Option<i64>,
    /// Always empty: templates have no variables yet.
    #[schema(value_type = Object)]
    pub sample_data: BTreeMap<String, String>,
    /// Always 0: templates have no variables yet.
    pub variable_source: i64,
    /// Left out where no file is sent along.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attachment: Option<TemplateAttachment>,
}

/// A file that is sent along.
#[derive(Serialize, ToSchema)]
pub struct TemplateAttachment {
    pub filename: String,
    /// Bytes.
    pub size: i64,
}

/// A use of a template.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NamedTemplateUse {
    template_id: i64,
    /// Where it was used, in your own words. At most 32 are told apart for a template.
    #[schema(max_length = 64)]
    origin: String,
}

#[derive(Serialize, ToSchema)]
pub struct Counted {
    pub success: bool,
}

/// List templates, second version
///
/// As `GET /templates`, and what the token's teammate may do with each.
#[utoipa::path(
    get, path = "/v2/templates", tag = "Templates", operation_id = "list_templates_v2",
    responses(
        (status = 200, description = "The templates", body = OkBody<TemplatesV2>), Refusals,
    ),
)]
pub async fn list_templates_v2(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    call.read(request, |tx, caller, ()| {
        let zone = zone_of(tx, caller.workspace)?;
        let seen = templates_of(tx, caller)?;
        let templates: Vec<TemplateV2> = seen.iter().map(|seen| TemplateV2::of(seen, &zone)).collect();
        Ok(TemplatesV2 { templates_count: templates.len(), templates })
    })
    .await
}

/// Count a use of a template, second version
///
/// Needs scope `full`. Answers without the envelope of the other operations.
#[utoipa::path(
    post, path = "/v2/templates", tag = "Templates", operation_id = "track_template_usage_v2",
    request_body = NamedTemplateUse,
    responses(
        (status = 200, description = "It is counted", body = Counted), Refusals, BodyRefusals,
    ),
)]
pub async fn track_template_usage_v2(mut call: Call, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| call.body(body, read_use));
    call.bare()
        .write(request, |write, caller, (id, origin)| {
            use_template(write, caller, *id, origin.as_str())?;
            Ok(Done { data: Counted { success: true }, message: None })
        })
        .await
}

fn read_use(fields: &mut Fields) -> Option<(TemplateId, UseOrigin)> {
    let (template, origin) = (fields.integer("template_id"), read_origin(fields));
    for (field, is_there) in [("template_id", template.is_some()), ("origin", origin.is_some())] {
        if !is_there && !fields.has_fault(field) {
            let rule = format!("{field} is missing; say which template was used and where");
            fields.fault(field, rule);
        }
    }
    Some((TemplateId(template?), origin?))
}

impl TemplateV2 {
    fn of(seen: &SeenTemplate, zone: &TimeZone) -> TemplateV2 {
        let (view, row) = (&seen.view, &seen.view.template);
        let attachment = view.attachment.clone().map(|(filename, size)| TemplateAttachment { filename, size });
        TemplateV2 {
            id: row.id.0,
            name: row.name.clone(),
            text: row.text.clone(),
            created_by_name: view.created_by_name.clone(),
            updated_by_name: view.updated_by_name.clone(),
            updated_at: short_time(row.updated_at, zone),
            can_be_edited: seen.is_editable,
            can_be_deleted: seen.is_editable,
            visibility: row.visibility.as_str().into(),
            team_any: row.team == TeamId::NONE,
            team: Some(row.team.0).filter(|_| row.team != TeamId::NONE),
            sample_data: BTreeMap::new(),
            variable_source: 0,
            attachment,
        }
    }
}
