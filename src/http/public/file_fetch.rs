//! A file by its address: fetched here and kept like an uploaded one.

use axum::response::Response;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::files::intake::{Filename, Intake, Purpose, Said, Stored, parse_content_type};
use crate::files::sniff::DOCUMENT_BYTES_MAX;
use crate::http::call::{Call, RawBody};
use crate::http::fields::{Fields, quoted, repeating};
use crate::http::public::files::{LinkedFile, keep_file};
use crate::http::public::refusals::{Refusals, UploadRefusals};
use crate::http::public::view::Ok as OkBody;
use crate::id::WorkspaceId;
use crate::outbound::{DownloadLimits, OutboundError};
use crate::workspace::redaction::without_url_secrets;

/// An address is no longer than this.
const URL_CHARS_MAX: usize = 4_096;
const FIELD: &str = "download_url";

/// A file to fetch.
#[derive(ToSchema)]
pub struct FileAddress {
    /// A public http or https address; `url` is another name of this field. Up to three redirects are followed.
    #[schema(max_length = 4096, example = "https://example.com/price-list.pdf")]
    pub download_url: String,
    /// For people to see; left out, the one that the address's server or the address gives.
    #[schema(required = false, nullable, max_length = 1024)]
    pub filename: Option<String>,
    /// Counts only where the bytes don't say what they are; left out, what the address's server says.
    #[schema(required = false, nullable, max_length = 140)]
    pub content_type: Option<String>,
}

struct FetchFile {
    url: String,
    said: Said,
}

/// Fetch a file
///
/// Answers once the file is here. The same limits as for uploads, and at most 2 minutes.
#[utoipa::path(
    post, path = "/files", tag = "Files", operation_id = "fetch_file", request_body = FileAddress,
    responses(
        (status = 200, description = "The file", body = OkBody<LinkedFile>), Refusals, UploadRefusals,
    ),
)]
pub async fn fetch_file(mut call: Call, body: RawBody) -> Response {
    let (app, at) = (call.app().clone(), call.app().clock.now());
    let (uid, token, workspace) = (app.ids.file_uid(at), call.caller().token, call.caller().workspace);
    let request = call.may_send().and_then(|()| call.body(body, read_fetch_file));
    let fetcher = app.clone();
    let fetch = |wish| async move { Ok(fetch(&fetcher, workspace, wish).await?.row(uid, token, at)) };
    call.write_after(request, fetch, move |write, caller, row| keep_file(&app, write, caller, row)).await
}

fn read_fetch_file(fields: &mut Fields) -> Option<FetchFile> {
    let (named, alias) = (fields.text(FIELD), fields.text("url"));
    let url = named.or(alias).filter(|url| !url.trim().is_empty());
    match &url {
        None if !fields.has_fault(FIELD) && !fields.has_fault("url") => {
            fields.fault(FIELD, format!("{FIELD} is missing; give the http or https address of the file"));
        }
        Some(url) if url.chars().count() > URL_CHARS_MAX => {
            fields.fault(
                FIELD,
                format!(
                    "{FIELD} {} has more than {URL_CHARS_MAX} characters; give a shorter address",
                    quoted(&without_url_secrets(url))
                ),
            );
        }
        _ => {}
    }
    let filename = fields.parsed("filename", |given| Filename::parse("filename", given)).flatten();
    let content_type = fields.parsed("content_type", |given| parse_content_type("content_type", given)).flatten();
    Some(FetchFile { url: url?, said: Said { filename, content_type } })
}

async fn fetch(app: &App, workspace: WorkspaceId, wish: FetchFile) -> Result<Stored, Error> {
    let limits = DownloadLimits::bytes(DOCUMENT_BYTES_MAX);
    let in_field = |error: OutboundError| repeating(error.in_field(FIELD), FIELD, &wish.url);
    let mut download = app.outbound.download(workspace, &wish.url, &limits).await.map_err(in_field)?;
    let mut intake = Intake::begin(&app.blobs, Purpose::Any).await?;
    while let Some(chunk) = download.bytes.chunk().await.map_err(in_field)? {
        intake.write(&chunk).await?;
    }
    // What the other server says of it counts where the caller says nothing; nonsense counts as nothing.
    let told = download.filename.and_then(|name| Filename::parse("filename", &name).ok().flatten());
    let typed = download.content_type.and_then(|given| parse_content_type("content_type", &given).ok().flatten());
    let said = Said { filename: wish.said.filename.or(told), content_type: wish.said.content_type.or(typed) };
    intake.finish(&app.blobs, said).await
}
