//! Files: what goes in, what is refused and leaves nothing, what comes out.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Method;
use axum::routing::get;
use futures_util::stream;
use partyline::files::link::LINK_LIVES;
use partyline::files::sniff::{DOCUMENT_BYTES_MAX, SHOWN_BYTES_MAX};
use partyline::id::TeamId;
use partyline::store::api_calls::api_call_list;
use partyline::workspace::teammates::Role;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, Engine, TestApp};
use crate::people::teammate;

const BOUNDARY: &str = "----boundary of a test";
/// A PNG of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xff\xff\
\xff\x7f\0\t\xfb\x03\xfd\x05CE\xca\0\0\0\0IEND\xaeB`\x82";

/// The head of a part, and its content.
pub type Part<'p> = (&'p str, &'p [u8]);

pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// The same actor, sending forms.
pub fn with_forms(actor: &Actor) -> Actor {
    actor.with_header("content-type", &format!("multipart/form-data; boundary=\"{BOUNDARY}\""))
}

async fn upload(actor: &Actor, parts: &[Part<'_>]) -> Answer {
    with_forms(actor).post_raw("/files_upload", form(parts)).await
}

async fn uploaded(actor: &Actor, filename: &str, bytes: &[u8]) -> Value {
    let answer = upload(actor, &[(&format!("name=\"file\"; filename=\"{filename}\""), bytes)]).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    answer.body()["data"].clone()
}

/// A form whose file begins so and goes on with zeros to this size, as it would come over a wire.
fn sparse(begin: &'static [u8], size: u64) -> Body {
    const PIECE: u64 = 64 * 1024;
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n");
    let (zeros, rest) = (Bytes::from(vec![0; PIECE as usize]), size - begin.len() as u64);
    let pieces = (0..rest.div_ceil(PIECE)).map(move |at| zeros.slice(..(rest - at * PIECE).min(PIECE) as usize));
    let whole = [Bytes::from(head), Bytes::from_static(begin)].into_iter().chain(pieces);
    let end = Bytes::from(format!("\r\n--{BOUNDARY}--\r\n"));
    Body::from_stream(stream::iter(whole.chain([end]).map(Ok::<_, std::io::Error>)))
}

/// Files that lie in the folder of blobs, unfinished ones included.
fn blobs_of(stage: &TestApp) -> usize {
    let folders = std::fs::read_dir(&stage.app.settings.files_folder).into_iter().flatten().flatten();
    folders.map(|folder| std::fs::read_dir(folder.path()).expect("a folder").count()).sum()
}

/// Follows a temporary link.
pub async fn follow(actor: &Actor, link: &Value) -> Answer {
    let path = link.as_str().expect("a link").strip_prefix("https://line.example").expect("of this server");
    actor.get(&format!("/{path}")).await
}

#[tokio::test]
async fn a_file_goes_in_is_listed_looked_at_and_deleted() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let data = uploaded(&token, "pixel.png", PIXEL).await;
        uploaded(&token, "notes.txt", b"hello").await;
        let uid = data["uid"].as_str().expect("a uid");
        let shown = token.get(&format!("/files/{uid}")).await;
        let link = data["temporary_download_url"].clone();
        let told = shown.told().replace(link.as_str().expect("a link"), "[link]");
        insta::assert_snapshot!("file", told);
        insta::assert_snapshot!("files", token.get("/files").await.told());
        assert_eq!(token.get("/files?filename=PIX").await.body()["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(token.get("/files?filename=nothing").await.body()["data"], json!([]));

        let stranger = stage.stranger();
        let bytes = follow(&stranger, &link).await;
        assert_eq!((bytes.status.as_u16(), bytes.bytes.as_slice()), (200, PIXEL));
        let gone = token.ask(Method::DELETE, &format!("/files/{uid}"), Body::empty()).await;
        assert_eq!(gone.told(), "200 OK\n{\n  \"data\": {},\n  \"status\": \"ok\"\n}");
        assert_eq!(token.get(&format!("/files/{uid}")).await.status.as_u16(), 404);
        assert_eq!(token.ask(Method::DELETE, &format!("/files/{uid}"), Body::empty()).await.status.as_u16(), 404);
        assert_eq!(follow(&stranger, &link).await.status.as_u16(), 404, "its links end with it");
    }
}

/// Python's requests wrote names beyond ASCII so for years.
#[tokio::test]
async fn a_name_written_the_long_way_is_understood() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    for (head, name) in [
        ("name=\"file\"; filename*=utf-8''%d0%be%d1%82%d1%87%d1%91%d1%82+1.pdf", "отчёт+1.pdf"),
        ("name=\"file\"; filename*=\"UTF-8'en'%e2%82%ac%20rates.pdf\"", "€ rates.pdf"),
        ("name=\"file\"; filename=\"plain.pdf\"; filename*=utf-8''other.pdf", "plain.pdf"),
        // What can't be read is no name, and a file without one goes by what it is.
        ("name=\"file\"; filename*=latin1''%e9.pdf", "file.pdf"),
        ("name=\"file\"; filename*=utf-8''%ff.pdf", "file.pdf"),
    ] {
        let data = upload(&token, &[(head, b"%PDF-1.4 hello")]).await.body()["data"].clone();
        assert_eq!((&data["filename"], &data["mimetype"]), (&json!(name), &json!("application/pdf")), "{head}");
    }
    let nul = upload(&token, &[("name=\"file\"; filename*=utf-8''a%00b.pdf", b"x")]).await;
    assert_eq!(nul.status, 400, "{}", nul.text());
}

#[tokio::test]
async fn a_download_is_inert_and_can_be_taken_in_parts() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let page = b"<!DOCTYPE html><script>alert(1)</script>";
    let name = "../\u{202e}inv\"o;ice\u{e9}.html";
    let parts: &[Part<'_>] = &[
        ("name=\"file\"; filename=\"x.jpg\"\r\nContent-Type: image/jpeg", page),
        ("name=\"filename\"", name.as_bytes()),
    ];
    let data = upload(&token, parts).await.body()["data"].clone();
    assert_eq!((&data["filename"], &data["mimetype"]), (&json!(name), &json!("text/html")), "kept as it came");
    let stranger = stage.stranger();
    let whole = follow(&stranger, &data["temporary_download_url"]).await;
    assert_eq!((whole.status.as_u16(), whole.bytes.as_slice()), (200, page.as_slice()));
    for (header, value) in [
        ("content-type", "text/html"),
        ("content-disposition", "attachment; filename=\"inv_o_ice_.html\"; filename*=UTF-8''inv%22o%3Bice%C3%A9.html"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private"),
        ("accept-ranges", "bytes"),
        ("content-length", "40"),
    ] {
        assert_eq!(whole.header(header), value, "{header}");
    }
    let part = follow(&stranger.with_header("range", "bytes=2-8"), &data["temporary_download_url"]).await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "DOCTYPE"));
    assert_eq!((part.header("content-range"), part.header("content-length")), ("bytes 2-8/40", "7"));
    assert_eq!(part.header("content-disposition"), whole.header("content-disposition"));
    let tail = follow(&stranger.with_header("range", "bytes=-9"), &data["temporary_download_url"]).await;
    assert_eq!((tail.status.as_u16(), tail.text().as_str()), (206, "</script>"));
    let behind = follow(&stranger.with_header("range", "bytes=40-"), &data["temporary_download_url"]).await;
    assert_eq!((behind.status.as_u16(), behind.header("content-range")), (416, "bytes */40"));
}

#[tokio::test]
async fn a_link_ends_after_a_quarter_of_an_hour_and_cannot_be_changed() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let link = uploaded(&token, "a.txt", b"hello").await["temporary_download_url"].clone();
        let stranger = stage.stranger();
        let text = link.as_str().expect("a link");
        for changed in [text.replace('0', "1"), format!("{text}0"), text[..text.len() - 1].to_owned()] {
            let refused = follow(&stranger, &json!(changed)).await;
            assert_eq!((refused.status.as_u16(), refused.body()["error_code"].as_str()), (404, Some("not_found")));
        }
        stage.advance(LINK_LIVES - Duration::from_millis(1));
        assert_eq!(follow(&stranger, &link).await.status.as_u16(), 200);
        stage.advance(Duration::from_millis(1));
        let late = follow(&stranger, &link).await;
        assert_eq!((late.status.as_u16(), late.body()["error_code"].as_str()), (410, Some("not_found")));
    }
}

#[tokio::test]
async fn a_kind_has_its_largest_size_and_one_byte_more_leaves_nothing() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = with_forms(&stage.token().await);
    for (begin, most) in [
        (b"\xff\xd8\xff\xe0".as_slice(), SHOWN_BYTES_MAX),
        (b"ID3\x04", SHOWN_BYTES_MAX),
        (b"\0\0\0\x18ftypisom\0\0\0\0", SHOWN_BYTES_MAX),
        (b"just a text", DOCUMENT_BYTES_MAX),
    ] {
        let before = blobs_of(&stage);
        let refused = token.post_raw("/files_upload", sparse(begin, most + 1)).await;
        assert_eq!((refused.status.as_u16(), refused.body()["error_code"].as_str()), (413, Some("file_too_large")));
        assert_eq!(blobs_of(&stage), before, "{begin:?}");
        let taken = token.post_raw("/files_upload", sparse(begin, most)).await;
        assert_eq!((taken.status.as_u16(), &taken.body()["data"]["size"]), (200, &json!(most)), "{}", taken.text());
    }
    assert_eq!(token.get("/files").await.body()["data"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn forms_that_are_no_upload_are_refused_and_leave_nothing() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let file: Part<'_> = ("name=\"file\"; filename=\"a.txt\"", b"hello");
    let long = "é".repeat(1025);
    for (parts, field) in [
        (vec![], "file"),
        (vec![("name=\"files\"; filename=\"a.txt\"", b"hello".as_slice())], "file"),
        (vec![file, file], "file"),
        (vec![("name=\"file\"; filename=\"a.txt\"", b"")], "file"),
        (vec![file, ("name=\"filename\"", long.as_bytes())], "filename"),
        (vec![file, ("name=\"filename\"", b"a\0b")], "filename"),
        (vec![file, ("name=\"filename\"", b"\xff")], "filename"),
        (vec![file, ("name=\"content_type\"", b"pdf")], "content_type"),
        (vec![file, ("name=\"content_type\"", b"text/html\r\nx: y")], "content_type"),
        (vec![("name=\"caption\"", "a".repeat(2001).as_bytes()), file], "caption"),
        (vec![("name=\"caption\"", "a".repeat(20_000).as_bytes()), file], "caption"),
        (vec![("name=\"x\"", b"".as_slice()); 30], "body"),
    ] {
        let refused = upload(&token, &parts).await;
        let body = refused.body();
        assert_eq!((refused.status.as_u16(), body["error_code"].as_str()), (400, Some("validation_error")), "{body}");
        assert_eq!(body["errors"][0]["fields"], json!([field]), "{body}");
    }
    let whole = form(&[file]);
    for cut in [0, 10, 60, whole.len() / 2, whole.len() - 6] {
        let refused = with_forms(&token).post_raw("/files_upload", whole[..cut].to_vec()).await;
        assert_eq!(refused.status.as_u16(), 400, "cut at {cut}: {}", refused.text());
    }
    let posing = token.post("/files_upload", json!({"file": "hello", "filename": "a.txt"})).await;
    assert_eq!((posing.status.as_u16(), posing.body()["error_code"].as_str()), (415, Some("unsupported_media_type")));
    let bare = token.with_header("content-type", "multipart/form-data").post_raw("/files_upload", whole).await;
    assert_eq!(bare.status.as_u16(), 415, "without a boundary");
    assert_eq!(token.get("/files").await.body()["data"], json!([]));
    assert_eq!(std::fs::read_dir(stage.app.settings.files_folder.join("new")).map_or(0, Iterator::count), 0);
}

#[tokio::test]
async fn what_a_file_is_is_seen_by_its_bytes() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let named = |name: &'static str, declared: &'static str| {
        format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: {declared}")
    };
    let mut huge = PIXEL.to_vec();
    huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    for (head, bytes, mimetype) in [
        (named("a.jpg", "image/jpeg"), b"alert(1)".as_slice(), "application/octet-stream"),
        (named("a.txt", "text/plain"), PIXEL, "image/png"),
        (named("a.csv", "text/csv"), b"a,b", "text/csv"),
        (named("a.csv", "nonsense"), b"a,b", "text/csv"),
        (named("huge.png", "image/png"), &huge, "image/png"),
    ] {
        let answer = upload(&token, &[(&head, bytes)]).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        assert_eq!(answer.body()["data"]["mimetype"], json!(mimetype), "{head}");
    }
    let nameless = upload(&token, &[("name=\"file\"", PIXEL), ("name=\"filename\"", b"  ")]).await.body();
    assert_eq!(nameless["data"]["filename"], "file.png");
    let longest = "é".repeat(1024);
    let parts: &[Part<'_>] = &[("name=\"file\"; filename=\"a\"", b"x"), ("name=\"filename\"", longest.as_bytes())];
    assert_eq!(upload(&token, parts).await.body()["data"]["filename"], json!(longest));
    let typed: &[Part<'_>] = &[("name=\"content_type\"", b"Application/X-Own; v=1"), ("name=\"file\"", b"x")];
    assert_eq!(upload(&token, typed).await.body()["data"]["mimetype"], "application/x-own");
}

#[tokio::test]
async fn parts_that_nobody_asked_for_are_named_in_the_answer_and_the_log() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(crate::kit::ECHO, "makes chat 1").await;
        let file: Part<'_> = ("name=\"file\"; filename=\"a.txt\"", b"bikes");
        let more: [Part<'_>; 5] = [
            ("name=\"colour\"", b"red"),
            ("name=\"colour\"", b"blue"),
            ("name=\"caption\"", b"Our prices"),
            ("name=\"a, b\"; filename=\"x\"", b"other bytes"),
            ("name=\"\"", b"?"),
        ];
        let parts: Vec<Part<'_>> = [file].into_iter().chain(more).collect();
        let uploaded = upload(&token, &parts).await;
        assert_eq!(uploaded.status.as_u16(), 200, "{}", uploaded.text());
        assert_eq!(uploaded.header("partyline-ignored"), "colour, a??b, (unnamed), caption");
        let sent = with_forms(&token).post_raw("/chats/1/file_message", form(&parts)).await;
        assert_eq!(sent.header("partyline-ignored"), "colour, a??b, (unnamed)", "here the caption is sent");
        let plain = upload(&token, &[file, ("name=\"caption\"", b"")]).await;
        assert_eq!(plain.header("partyline-ignored"), "", "an empty one is none");
        stage.flush().await;
        let workspace = stage.workspace;
        let look = move |tx: &mut database::Snapshot<'_>| Ok(api_call_list(tx, workspace, 10)?);
        let rows = stage.app.read(look).await.expect("a read");
        let told: Vec<_> = rows.iter().filter(|row| !row.ignored.is_empty()).map(|row| row.ignored.as_str()).collect();
        assert_eq!(told, ["colour,a??b,(unnamed)", "colour,a??b,(unnamed),caption"], "the newest first");
    }
}

#[tokio::test]
async fn a_file_says_whose_token_uploaded_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let seller = teammate(&stage, 10, Role::AgentRole, TeamId::NONE).await;
        let data = uploaded(&seller, "notes.txt", b"hello").await;
        assert_eq!(data["uploaded_by_email"], "teammate10@example.com");
        seller.send(crate::kit::ECHO, "makes chat 1").await;
        let file: Part<'_> = ("name=\"file\"; filename=\"a.txt\"", b"bikes");
        let sent = with_forms(&seller).post_raw("/chats/1/file_message", form(&[file])).await;
        assert_eq!(sent.status.as_u16(), 200, "{}", sent.text());
        let files = stage.token().await.get("/files").await.body();
        let emails: Vec<_> =
            files["data"].as_array().expect("files").iter().map(|it| &it["uploaded_by_email"]).collect();
        assert_eq!(emails, ["teammate10@example.com", "teammate10@example.com"]);
    }
}

#[tokio::test]
async fn a_form_repeated_under_its_key_stores_nothing_more() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await.with_header("idempotency-key", "file-1");
        let file: Part<'_> = ("name=\"file\"; filename=\"a.txt\"", b"hello");
        let first = upload(&token, &[file]).await;
        let again = upload(&token, &[file]).await;
        assert_eq!((again.header("idempotent-replayed"), &again.bytes), ("true", &first.bytes));
        for other in [
            ("name=\"file\"; filename=\"a.txt\"", b"other".as_slice()),
            ("name=\"file\"; filename=\"b.txt\"", b"hello"),
        ] {
            assert_eq!(upload(&token, &[other]).await.status.as_u16(), 422);
        }
        assert_eq!(token.get("/files").await.body()["data"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn files_of_one_workspace_are_nothing_to_another_or_to_a_token_that_may_not() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        uploaded(&token, "ours.txt", b"the same bytes").await;
        let theirs = uploaded(&outsider, "theirs.txt", b"the same bytes").await;
        let list = token.get("/files").await.text();
        assert!(list.contains("ours.txt") && !list.contains("theirs.txt"), "{list}");
        let uid = theirs["uid"].as_str().expect("a uid");
        assert_eq!(token.ask(Method::DELETE, &format!("/files/{uid}"), Body::empty()).await.status.as_u16(), 404);
        assert_eq!(follow(&stage.stranger(), &theirs["temporary_download_url"]).await.status.as_u16(), 200);
        let reader = stage.token_of(stage.workspace, Scope::Read, false).await;
        let refused = upload(&reader, &[("name=\"file\"", b"x")]).await;
        assert_eq!((refused.status.as_u16(), refused.body()["error_code"].as_str()), (403, Some("insufficient_scope")));
        assert_eq!(upload(&stage.stranger(), &[("name=\"file\"", b"x")]).await.status.as_u16(), 401);
    }
}

#[tokio::test]
async fn an_address_of_a_private_network_is_not_fetched_and_a_bad_wish_is_named() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let long = format!("https://example.com/{}", "a".repeat(2048));
    for (body, field) in [
        (json!({}), "download_url"),
        (json!({"url": 5}), "url"),
        (json!({"download_url": long}), "download_url"),
        (json!({"download_url": "file:///etc/passwd"}), "download_url"),
        (json!({"url": "http://10.0.0.1/a.png"}), "download_url"),
        (json!({"url": "http://127.0.0.2/a.png"}), "download_url"),
        (json!({"download_url": "http://example.com/a.png", "filename": "a".repeat(1025)}), "filename"),
        (json!({"download_url": "http://example.com/a.png", "content_type": "png"}), "content_type"),
    ] {
        let refused = token.post("/files", body.clone()).await;
        assert_eq!(refused.status.as_u16(), 400, "{body}: {}", refused.text());
        assert_eq!(refused.body()["errors"][0]["fields"], json!([field]), "{body}");
        let is_private = body["url"].as_str().is_some_and(|url| url.starts_with("http://"));
        assert!(!is_private || refused.text().contains("--outbound-allow"), "{body}: {}", refused.text());
    }
    assert_eq!(blobs_of(&stage), 0);
}

#[tokio::test]
async fn a_file_is_fetched_by_its_address_and_kept_like_an_uploaded_one() {
    let serve = Router::new()
        .route("/pixel", get(|| async { ([("content-type", "text/plain")], PIXEL) }))
        .route("/huge", get(|| async { sparse_download() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, serve).await.expect("it serves") });

    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await.with_header("idempotency-key", "fetch-1");
    let wish = json!({"url": format!("{address}/pixel"), "filename": "dot.png"});
    let first = token.post("/files", wish.clone()).await;
    let data = first.body()["data"].clone();
    assert_eq!((&data["filename"], &data["mimetype"]), (&json!("dot.png"), &json!("image/png")), "{}", first.text());
    assert_eq!(follow(&stage.stranger(), &data["temporary_download_url"]).await.bytes, PIXEL);
    let again = token.post("/files", wish).await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), ("true", &first.bytes));

    let before = blobs_of(&stage);
    let refused = stage.token().await.post("/files", json!({"download_url": format!("{address}/huge")})).await;
    assert_eq!((refused.status.as_u16(), refused.body()["error_code"].as_str()), (413, Some("file_too_large")));
    assert_eq!(blobs_of(&stage), before);
}

/// A picture without an end.
fn sparse_download() -> Body {
    let zeros = Bytes::from(vec![0; 64 * 1024]);
    let pieces = std::iter::once(Bytes::from_static(b"\xff\xd8\xff\xe0")).chain(std::iter::repeat(zeros));
    Body::from_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}
