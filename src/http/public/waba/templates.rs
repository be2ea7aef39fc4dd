//! The templates of official accounts, as Meta told of them last.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::error::Error;
use crate::http::call::Call;
use crate::http::fields::quoted;
use crate::http::public::pages::{PAGE_ROWS, read_page};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::Ok as OkBody;
use crate::id::WabaTemplateId;
use crate::inbox::waba::{WabaAccount, waba_accounts};
use crate::inbox::waba_templates::DELETED;
use crate::store::waba_templates::{WabaTemplateRow, waba_template_find, waba_template_list};
use crate::workspace::tokens::Caller;

/// Which page to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct OfficialTemplateQuery {
    /// From 1; 50 to a page.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct OfficialTemplates {
    pub has_more_pages: bool,
    pub templates: Vec<OfficialTemplate>,
}

/// A template of WhatsApp's.
#[derive(Serialize, ToSchema)]
pub struct OfficialTemplate {
    pub id: i64,
    pub meta_template_id: String,
    pub name: String,
    /// Meta's word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED and others. Only APPROVED ones can be sent.
    pub status: String,
    /// POSITIONAL or NAMED.
    pub parameter_format: String,
    /// As `en_US`.
    pub language: String,
    /// MARKETING, UTILITY or AUTHENTICATION.
    pub category: String,
    pub meta_waba_id: String,
}

/// A template of WhatsApp's, with what it says.
#[derive(Serialize, ToSchema)]
pub struct OfficialTemplateInFull {
    pub id: i64,
    pub meta_template_id: String,
    pub name: String,
    /// Meta's word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED and others. Only APPROVED ones can be sent.
    pub status: String,
    /// POSITIONAL or NAMED.
    pub parameter_format: String,
    /// As `en_US`.
    pub language: String,
    /// MARKETING, UTILITY or AUTHENTICATION.
    pub category: String,
    pub meta_waba_id: String,
    /// The official accounts that can send it.
    pub accounts: Vec<i64>,
    /// Its parts in Meta's own form.
    #[schema(value_type = Vec<Object>)]
    pub components: Vec<Map<String, Value>>,
}

/// List the templates of official accounts
///
/// In the order in which they became known here. Meta is asked for them when an account is added, each hour, and when it
/// tells of a change.
#[utoipa::path(
    get, path = "/waba/templates", tag = "Official accounts", operation_id = "list_waba_templates",
    params(OfficialTemplateQuery),
    responses(
        (status = 200, description = "A page of templates", body = OkBody<OfficialTemplates>), Refusals,
    ),
)]
pub async fn list_waba_templates(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|fields| Some(read_page(fields))));
    call.read(request, |tx, caller, page| {
        let skip = usize::try_from((*page - 1) * PAGE_ROWS).unwrap_or(usize::MAX);
        let rows_max = usize::try_from(PAGE_ROWS).unwrap_or(0);
        let mut rows = seen(tx, caller)?.into_iter().skip(skip);
        let templates: Vec<OfficialTemplate> = rows.by_ref().take(rows_max).map(OfficialTemplate::from).collect();
        Ok(OfficialTemplates { has_more_pages: rows.next().is_some(), templates })
    })
    .await
}

/// Read a template of official accounts
#[utoipa::path(
    get, path = "/waba/templates/{template_id}", tag = "Official accounts", operation_id = "get_waba_template",
    params(("template_id" = i64, Path, description = "The template's number")),
    responses(
        (status = 200, description = "The template", body = OkBody<OfficialTemplateInFull>), Refusals,
    ),
)]
pub async fn get_waba_template(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_template_id(&id));
    call.read(request, |tx, caller, id| {
        let unknown = || Error::not_found("There is no such template of an official account; check the template_id");
        let row = waba_template_find(tx, caller.workspace, *id)?.ok_or_else(unknown)?;
        let of_it = |account: &WabaAccount| account.cloud.business_id == row.business_id;
        let accounts: Vec<WabaAccount> = waba_accounts(tx, caller)?.into_iter().filter(of_it).collect();
        if row.status == DELETED || accounts.is_empty() {
            return Err(unknown());
        }
        OfficialTemplateInFull::of(row, &accounts)
    })
    .await
}

/// Templates of one workspace that are looked through; Meta lets a business account have 6,000.
const TEMPLATES_MAX: i64 = 20_000;

/// The templates that the caller's accounts can have.
fn seen(tx: &mut impl Read, caller: &Caller) -> Result<Vec<WabaTemplateRow>, Error> {
    let accounts = waba_accounts(tx, caller)?;
    let rows = waba_template_list(tx, caller.workspace, WabaTemplateId(0), TEMPLATES_MAX)?;
    let is_seen = |row: &WabaTemplateRow| {
        row.status != DELETED && accounts.iter().any(|account| account.cloud.business_id == row.business_id)
    };
    Ok(rows.into_iter().filter(is_seen).collect())
}

fn parse_template_id(text: &str) -> Result<WabaTemplateId, Error> {
    let rule = || Error::invalid("template_id", format!("template_id must be a whole number, not {}", quoted(text)));
    text.parse().map(WabaTemplateId).map_err(|_| rule())
}

impl From<WabaTemplateRow> for OfficialTemplate {
    fn from(row: WabaTemplateRow) -> OfficialTemplate {
        OfficialTemplate {
            id: row.id.0,
            meta_template_id: row.meta_id,
            name: row.name,
            status: row.status,
            parameter_format: row.parameter_format,
            language: row.language,
            category: row.category,
            meta_waba_id: row.business_id,
        }
    }
}

impl OfficialTemplateInFull {
    fn of(row: WabaTemplateRow, accounts: &[WabaAccount]) -> Result<OfficialTemplateInFull, Error> {
        let components: Vec<Value> = serde_json::from_str(&row.components).map_err(Error::internal)?;
        let components = components.into_iter().filter_map(|one| one.as_object().cloned()).collect();
        let shown = OfficialTemplate::from(row);
        let linked = accounts.iter().filter(|account| account.row.unlinked_at.is_never());
        Ok(OfficialTemplateInFull {
            id: shown.id,
            meta_template_id: shown.meta_template_id,
            name: shown.name,
            status: shown.status,
            parameter_format: shown.parameter_format,
            language: shown.language,
            category: shown.category,
            meta_waba_id: shown.meta_waba_id,
            accounts: linked.map(|account| account.id().0).collect(),
            components,
        })
    }
}
