//! Style sheets and drawings: part of the program, but read from `assets/` while one works on them.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::words::shared::NO_SUCH_ASSET;
use crate::error::Error;

/// An address that bears the asset's mark never gets another content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about at each use.
const ASK: &str = "no-cache";

struct Asset {
    name: &'static str,
    kind: &'static str,
    embedded: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset {
            name: $name,
            kind: $kind,
            embedded: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $name)),
        }
    };
}

static ASSETS: &[Asset] = &[
    asset!("tokens.css", "text/css; charset=utf-8"),
    asset!("base.css", "text/css; charset=utf-8"),
    asset!("components.css", "text/css; charset=utf-8"),
    asset!("docs.css", "text/css; charset=utf-8"),
    asset!("screens.css", "text/css; charset=utf-8"),
    asset!("screens.js", "text/javascript; charset=utf-8"),
    asset!("inbox.css", "text/css; charset=utf-8"),
    asset!("inbox.js", "text/javascript; charset=utf-8"),
    asset!("live.js", "text/javascript; charset=utf-8"),
    asset!("suggest.js", "text/javascript; charset=utf-8"),
    asset!("composer.js", "text/javascript; charset=utf-8"),
    asset!("here.js", "text/javascript; charset=utf-8"),
    asset!("older.js", "text/javascript; charset=utf-8"),
    asset!("notices.js", "text/javascript; charset=utf-8"),
    asset!("palette.js", "text/javascript; charset=utf-8"),
    asset!("files.js", "text/javascript; charset=utf-8"),
    asset!("stream.js", "text/javascript; charset=utf-8"),
    asset!("playground.js", "text/javascript; charset=utf-8"),
    asset!("playground.css", "text/css; charset=utf-8"),
    asset!("keys.js", "text/javascript; charset=utf-8"),
    asset!("help.js", "text/javascript; charset=utf-8"),
    asset!("ways.js", "text/javascript; charset=utf-8"),
    asset!("voice.js", "text/javascript; charset=utf-8"),
    asset!("customer.js", "text/javascript; charset=utf-8"),
    asset!("words.js", "text/javascript; charset=utf-8"),
    asset!("ogg.js", "text/javascript; charset=utf-8"),
    asset!("icons.svg", "image/svg+xml"),
    asset!("mark.svg", "image/svg+xml"),
];

impl Asset {
    fn bytes(&self) -> Cow<'static, [u8]> {
        // So that a changed sheet shows at the next reload. A development build that was moved has its own copy.
        #[cfg(debug_assertions)]
        if let Ok(bytes) = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/").to_owned() + self.name) {
            return Cow::Owned(bytes);
        }
        Cow::Borrowed(self.embedded)
    }

    fn mark(&self) -> String {
        mark(&self.bytes())
    }

    /// The mark of what lies on disk now, made anew when the file changes: a page names a hundred drawings.
    #[cfg(debug_assertions)]
    fn fresh_mark(&self) -> String {
        use std::collections::HashMap;
        use std::sync::{Mutex, PoisonError};
        use std::time::SystemTime;
        type Known = HashMap<&'static str, (Option<SystemTime>, String)>;
        static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/").to_owned() + self.name;
        let changed_at = std::fs::metadata(file).and_then(|file| file.modified()).ok();
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(self.name).filter(|(at, _)| *at == changed_at) {
            Some((_, mark)) => mark.clone(),
            None => known.entry(self.name).insert_entry((changed_at, self.mark())).get().1.clone(),
        }
    }

    #[cfg(not(debug_assertions))]
    fn fresh_mark(&self) -> String {
        self.mark()
    }
}

/// The address of an asset, with the mark of what it holds now. For the names above only.
pub fn address(name: &str) -> String {
    static EMBEDDED: LazyLock<Vec<String>> = LazyLock::new(|| ASSETS.iter().map(Asset::mark).collect());
    let Some(at) = ASSETS.iter().position(|asset| asset.name == name) else { return format!("/assets/{name}") };
    let mark = if cfg!(debug_assertions) { ASSETS[at].fresh_mark() } else { EMBEDDED[at].clone() };
    format!("/assets/{name}?v={mark}")
}

pub async fn serve(Path(name): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Error::not_found(NO_SUCH_ASSET).into_response();
    };
    let bytes = asset.bytes();
    let asked_for = query.as_deref().and_then(|query| query.strip_prefix("v="));
    let keep = if asked_for == Some(mark(&bytes).as_str()) { FOREVER } else { ASK };
    cached(&headers, asset.kind, keep, bytes)
}

/// An answer that a browser may keep: 304 without a body if it has this very content.
pub fn cached(request: &HeaderMap, kind: &str, keep: &'static str, bytes: Cow<'static, [u8]>) -> Response {
    let tag = format!("\"{}\"", mark(&bytes));
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|known| {
        // A coding on the way makes it a weak one.
        known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    let text = |value: &str| HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::ETAG, text(&tag)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
        (header::CONTENT_TYPE, text(kind)),
    ];
    match known {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (StatusCode::OK, headers, bytes.into_owned()).into_response(),
    }
}

/// What tells one content from another: 64 bits of its SHA-256, as hex.
fn mark(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
