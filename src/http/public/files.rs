//! Files: upload one, list them, look at one, delete it.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::files::FileUid;
use crate::files::intake::{Filename, Purpose};
use crate::files::link::Links;
use crate::http::call::{Call, Done, Streamed};
use crate::http::fields::Fields;
use crate::http::multipart::{UploadBody, read_upload};
use crate::http::public::refusals::{Refusals, UploadRefusals};
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::id::{TeammateId, WorkspaceId};
use crate::inbox::reach::reached_file;
use crate::store::Write;
use crate::store::files::{FileRow, file_delete, file_insert, file_list};
use crate::store::teammates::teammate_find;
use crate::workspace::tokens::Caller;
use crate::workspace::zone::{api_time, stored_zone};

/// The longest list; older files are found by their names or uids.
const FILES_LISTED_MAX: i64 = 10_000;

/// A file in a form.
#[derive(ToSchema)]
pub struct FileForm {
    /// The file's bytes, under any file name. JPG, PNG, GIF, WebP, MP3, OGG, OGA, AAC, MP4 and 3GP up to 16 MB, anything
    /// else up to 100 MB.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// For people to see; left out, that of the part `file`.
    #[schema(required = false, max_length = 1024)]
    pub filename: Option<String>,
    /// Counts only where the bytes don't say what they are.
    #[schema(required = false, max_length = 140, example = "application/pdf")]
    pub content_type: Option<String>,
    /// A text beside the file, where it is sent at once.
    #[schema(required = false, max_length = 2000)]
    pub caption: Option<String>,
}

/// A file.
#[derive(Serialize, ToSchema)]
pub struct File {
    pub uid: String,
    pub filename: String,
    /// In bytes.
    pub size: i64,
    /// What its bytes are, whatever was said of them.
    pub mimetype: String,
    /// Of the teammate whose token uploaded it; empty where they have told none.
    pub uploaded_by_email: String,
    pub uploaded_at: String,
}

/// A file with a link to it.
#[derive(Serialize, ToSchema)]
pub struct LinkedFile {
    /// Opens the file without a token, for 15 minutes.
    pub temporary_download_url: String,
    pub uid: String,
    pub filename: String,
    /// In bytes.
    pub size: i64,
    /// What its bytes are, whatever was said of them.
    pub mimetype: String,
    /// Of the teammate whose token uploaded it; empty where they have told none.
    pub uploaded_by_email: String,
    pub uploaded_at: String,
}

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
pub struct Nothing {}

/// Which files to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct FileQuery {
    /// A part of the name, whatever its case.
    #[param(max_length = 1024)]
    filename: Option<String>,
}

impl File {
    fn of(row: &FileRow, zone: &TimeZone) -> File {
        File {
            uid: row.uid.to_string(),
            filename: row.filename.clone(),
            size: row.size_bytes,
            mimetype: row.mimetype.clone(),
            uploaded_by_email: row.uploaded_by_email.clone(),
            uploaded_at: api_time(row.uploaded_at, zone),
        }
    }
}

impl LinkedFile {
    fn of(row: &FileRow, zone: &TimeZone, links: &Links) -> LinkedFile {
        let File { uid, filename, size, mimetype, uploaded_by_email, uploaded_at } = File::of(row, zone);
        let temporary_download_url = links.file(row.uid);
        LinkedFile { temporary_download_url, uid, filename, size, mimetype, uploaded_by_email, uploaded_at }
    }
}

/// Upload a file
///
/// As `multipart/form-data`. Its type is seen by its bytes. Send it with `file_uid`, as often as you like. A `caption` is
/// for the operations that send at once; here it is ignored.
#[utoipa::path(
    post, path = "/files_upload", tag = "Files", operation_id = "upload_file",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The file", body = OkBody<LinkedFile>), Refusals, UploadRefusals,
    ),
)]
pub async fn upload_file(call: Call, body: UploadBody) -> Response {
    let (app, at) = (call.app().clone(), call.app().clock.now());
    let (uid, token) = (app.ids.file_uid(at), call.caller().token);
    let (request, blobs) = (call.may_send().map(|()| body), app.blobs.clone());
    let store = |body| async move {
        let mut upload = read_upload(body, &blobs, Purpose::Any).await?.only_kept();
        let (ignored, fingerprint) = (upload.ignored(), upload.fingerprint);
        Ok(Streamed { prepared: upload.stored.row(uid, token, at), fingerprint, ignored })
    };
    call.write_after_stream(request, store, move |write, caller, row| keep_file(&app, write, caller, row)).await
}

/// Adds the row of a file whose bytes are stored, and shows it with a link.
pub(super) fn keep_file(
    app: &App,
    write: &mut Write<'_, '_>,
    caller: &Caller,
    row: &FileRow,
) -> Result<Done<LinkedFile>, Error> {
    let links = app.links(write.tx, caller.workspace)?;
    let uploaded_by_email = uploader(write.tx, caller.workspace, caller.teammate)?;
    let row = FileRow { uploaded_by_email, ..row.clone() };
    file_insert(write, &row)?;
    Ok(Done::with(LinkedFile::of(&row, &stored_zone(&write.workspace.zone), &links)))
}

/// The email of whose token it is; empty where they have told none, or left.
pub(super) fn uploader(tx: &mut impl Read, workspace: WorkspaceId, teammate: TeammateId) -> Result<String, Error> {
    Ok(teammate_find(tx, workspace, teammate)?.map_or_else(String::new, |teammate| teammate.email))
}

/// List files
///
/// The newest first, without links; those of messages that you received aren't among them.
#[utoipa::path(
    get, path = "/files", tag = "Files", operation_id = "list_files", params(FileQuery),
    responses(
        (status = 200, description = "The files", body = OkBody<Vec<File>>), Refusals,
    ),
)]
pub async fn list_files(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_filter));
    call.read(request, |tx, caller, part: &Option<Filename>| {
        let zone = zone_of(tx, caller.workspace)?;
        let part = part.as_ref().map(Filename::as_str);
        let own = caller.is_limited_to_accounts().then_some(caller.token);
        let rows = file_list(tx, caller.workspace, part, own, FILES_LISTED_MAX)?;
        Ok(rows.iter().map(|row| File::of(row, &zone)).collect::<Vec<_>>())
    })
    .await
}

fn read_filter(fields: &mut Fields) -> Option<Option<Filename>> {
    Some(fields.parsed("filename", |given| Filename::parse("filename", given)).flatten())
}

/// Read a file
///
/// With a new link to its bytes.
#[utoipa::path(
    get, path = "/files/{file_uid}", tag = "Files", operation_id = "get_file",
    params(("file_uid" = String, Path, description = "As `uid` when it was uploaded")),
    responses(
        (status = 200, description = "The file", body = OkBody<LinkedFile>), Refusals,
    ),
)]
pub async fn get_file(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let app = call.app().clone();
    call.read(request, move |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let row = reached_file(tx, caller, *uid)?.ok_or_else(unknown)?;
        Ok(LinkedFile::of(&row, &zone, &app.links(tx, caller.workspace)?))
    })
    .await
}

/// Delete a file
///
/// Its links end at once. Messages that it was sent with keep it.
#[utoipa::path(
    delete, path = "/files/{file_uid}", tag = "Files", operation_id = "delete_file",
    params(("file_uid" = String, Path, description = "As `uid` when it was uploaded")),
    responses(
        (status = 200, description = "Deleted", body = OkBody<Nothing>), Refusals,
    ),
)]
pub async fn delete_file(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    call.write(request, |write, caller, uid| {
        reached_file(write.tx, caller, *uid)?.ok_or_else(unknown)?;
        file_delete(write, *uid)?;
        Ok(Done::with(Nothing {}))
    })
    .await
}

fn parse_uid(text: &str) -> Result<FileUid, Error> {
    Uuid::try_parse(text).map(FileUid).map_err(|_| unknown())
}

fn unknown() -> Error {
    Error::not_found("There is no such file in this workspace; check the file_uid")
}
