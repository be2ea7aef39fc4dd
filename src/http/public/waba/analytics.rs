//! Meta's figures of an official account: asking for them, and reading what came of it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::Ok as OkBody;
use crate::http::public::waba::WabaRefusals;
use crate::http::public::waba::accounts::parse_account_id;
use crate::id::AnalysisHandle;
use crate::inbox::waba_analyses::{Question, answered, ask, fault_of_span, parse_dimensions};
use crate::store::waba_analyses::{Analysis, AnalysisState};

/// What to ask Meta for. Other keys are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NewAnalysis {
    /// Seconds since 1970 UTC.
    #[schema(example = 1_767_225_600)]
    start: i64,
    /// Later than start, by 365 days at most.
    #[schema(example = 1_768_435_200)]
    end: i64,
    /// What to tell the figures apart by: PRICING_CATEGORY, PRICING_TYPE, COUNTRY, PHONE, TIER, with commas between them;
    /// left out, the first two.
    #[schema(nullable = false)]
    dimensions: Option<String>,
}

/// A question to Meta, and how far it is.
#[derive(Serialize, ToSchema)]
pub struct OfficialAnalysis {
    /// For `GET /waba/accounts/{account_id}/analytics/{handle_id}`. Kept for 7 days.
    pub handle: String,
    pub state: OfficialAnalysisState,
    /// What Meta answered: its `pricing_analytics`. Only once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Object)]
    pub result: Option<Value>,
    /// Only of one that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<OfficialAnalysisError>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OfficialAnalysisState {
    Pending,
    Ready,
    Error,
}

/// Why there are no figures.
#[derive(Serialize, ToSchema)]
pub struct OfficialAnalysisError {
    /// Meta's number for it; 0 where it gave none.
    pub code: i64,
    pub message: String,
}

/// Ask for an official account's figures
///
/// Meta is asked in the background; the handle reads what came of it. At most 20 questions of a workspace wait at once.
#[utoipa::path(
    post, path = "/waba/accounts/{account_id}/analytics", tag = "Official accounts",
    operation_id = "create_waba_analytics",
    params(("account_id" = i64, Path, description = "The account's number")),
    request_body = NewAnalysis,
    responses(
        (status = 202, description = "It will be asked for", body = OkBody<OfficialAnalysis>), Refusals, WabaRefusals,
    ),
)]
pub async fn create_waba_analytics(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let handle = AnalysisHandle::draw();
    let request = call.may_manage().and_then(|()| {
        let account = parse_account_id(&id)?;
        call.strict_body(body, |fields| read_question(fields, handle)).map(|question| (account, question))
    });
    let bell = call.app().clerk_bell.clone();
    let answered = call.answering(StatusCode::ACCEPTED).write(request, move |write, caller, (account, question)| {
        let asked = ask(write, caller, *account, question)?;
        write.tx.wake(&bell);
        OfficialAnalysis::of(&asked).map(Done::with)
    });
    answered.await
}

/// Read an official account's figures
///
/// `pending` until Meta has answered.
#[utoipa::path(
    get, path = "/waba/accounts/{account_id}/analytics/{handle_id}", tag = "Official accounts",
    operation_id = "get_waba_analytics",
    params(
        ("account_id" = i64, Path, description = "The account's number"),
        ("handle_id" = String, Path, description = "The handle that was answered"),
    ),
    responses(
        (status = 200, description = "How far it is", body = OkBody<OfficialAnalysis>), Refusals,
    ),
)]
pub async fn get_waba_analytics(mut call: Call, Path((id, handle)): Path<(String, String)>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_account_id(&id));
    let request = request.map(|account| (account, handle));
    call.read(request, |tx, caller, (account, handle)| OfficialAnalysis::of(&answered(tx, caller, *account, handle)?))
        .await
}

fn read_question(fields: &mut Fields, handle: AnalysisHandle) -> Option<Question> {
    let mut seconds = |name: &'static str| {
        let given = fields.integer(name);
        if given.is_none() && !fields.has_fault(name) {
            fields.fault(name, format!("{name} is missing; give it in seconds since 1970"));
        }
        given
    };
    let (start, end) = (seconds("start"), seconds("end"));
    let dimensions = fields.parsed("dimensions", |given| parse_dimensions("dimensions", given));
    let dimensions = dimensions.or_else(|| parse_dimensions("dimensions", "").ok())?;
    let (start_s, end_s) = (start?, end?);
    if let Some((field, fault)) = fault_of_span(start_s, end_s) {
        fields.fault(field, fault);
    }
    Some(Question { handle, start_s, end_s, dimensions })
}

impl OfficialAnalysis {
    fn of(row: &Analysis) -> Result<OfficialAnalysis, Error> {
        let result = match row.state {
            AnalysisState::Ready => Some(serde_json::from_str(&row.result).map_err(Error::internal)?),
            AnalysisState::Pending | AnalysisState::Failed => None,
        };
        let error = || OfficialAnalysisError { code: row.error_code, message: row.error.clone() };
        Ok(OfficialAnalysis {
            handle: row.handle.to_string(),
            state: match row.state {
                AnalysisState::Pending => OfficialAnalysisState::Pending,
                AnalysisState::Ready => OfficialAnalysisState::Ready,
                AnalysisState::Failed => OfficialAnalysisState::Error,
            },
            result,
            error: (row.state == AnalysisState::Failed).then(error),
        })
    }
}
