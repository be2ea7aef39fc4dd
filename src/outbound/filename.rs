//! The name a fetched file goes by: for display only, but it is shown, so it must not play tricks.

use percent_encoding::percent_decode_str;

const CHARS_MAX: usize = 255;

/// From a `Content-Disposition` header (RFC 6266): `filename*` before `filename`.
pub(super) fn from_disposition(header: &str) -> Option<String> {
    let parameters = parameters(header);
    let value = |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let extended = value("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, text) = rest.split_once('\'')?;
        charset.eq_ignore_ascii_case("utf-8").then(|| percent_decode_str(text).decode_utf8().ok())?
    });
    extended.and_then(|name| clean(&name)).or_else(|| value("filename").and_then(clean))
}

/// From the last part of an address's path.
pub(super) fn from_path(path: &str) -> Option<String> {
    clean(&percent_decode_str(path.rsplit('/').next()?).decode_utf8().ok()?)
}

/// `name=value` behind each semicolon; quoted values may hold semicolons and, behind a backslash, anything.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut letters = header.chars().peekable();
    while letters.by_ref().any(|c| c == ';') {
        let mut name = String::new();
        while let Some(c) = letters.next_if(|c| !matches!(c, '=' | ';')) {
            name.push(c);
        }
        if letters.next_if_eq(&'=').is_none() {
            continue;
        }
        while letters.next_if_eq(&' ').is_some() {}
        let mut value = String::new();
        if letters.next_if_eq(&'"').is_some() {
            while let Some(c) = letters.next_if(|c| *c != '"') {
                value.extend(if c == '\\' { letters.next() } else { Some(c) });
            }
        } else {
            while let Some(c) = letters.next_if(|c| *c != ';') {
                value.push(c);
            }
        }
        found.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    found
}

/// One name: what stands behind the last slash of either kind, without control characters and those that turn the
/// direction of text (so that `exe.gpj` doesn't read as `jpg.exe`).
fn clean(name: &str) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let last = name.rsplit(['/', '\\']).next()?;
    let kept: String = last.chars().filter(|c| !c.is_control() && !turns(*c)).take(CHARS_MAX).collect();
    let kept = kept.trim();
    (!matches!(kept, "" | "." | "..")).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_what_servers_write() {
        let rows = [
            ("attachment; filename=\"a b.pdf\"", Some("a b.pdf")),
            ("attachment;filename=a.pdf;size=3", Some("a.pdf")),
            ("attachment; filename=\"x.pdf\"; filename*=UTF-8''%e2%82%ac%20rates.pdf", Some("€ rates.pdf")),
            ("attachment; filename*=utf-8'en'a%2Fb.pdf", Some("b.pdf")),
            ("attachment; filename*=latin1''%e9.pdf; filename=e.pdf", Some("e.pdf")),
            ("attachment; filename*=UTF-8''%ff.pdf; filename=f.pdf", Some("f.pdf")),
            ("attachment; filename=\"a;b\\\"c.pdf\"", Some("a;b\"c.pdf")),
            ("attachment; filename=\"C:\\\\temp\\\\a.pdf\"", Some("a.pdf")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"..\"", None),
            ("attachment; filename=\"\"", None),
            ("attachment; filename=\"unclosed.pdf", Some("unclosed.pdf")),
            ("attachment; filename", None),
            ("inline", None),
            ("", None),
        ];
        for (header, name) in rows {
            assert_eq!(from_disposition(header).as_deref(), name, "{header}");
        }
    }

    #[test]
    fn a_path_ends_with_a_name_or_not() {
        let rows = [
            ("/a/photo%20one.jpg", Some("photo one.jpg")),
            ("/a/%2e%2e", None),
            ("/a/..%2f..%5cpasswd", Some("passwd")),
            ("/a/evil%E2%80%AEgpj.exe", Some("evilgpj.exe")),
            ("/a/b%0d%0aSet-Cookie:x", Some("bSet-Cookie:x")),
            ("/a/%ff", None),
            ("/", None),
        ];
        for (path, name) in rows {
            assert_eq!(from_path(path).as_deref(), name, "{path}");
        }
        assert_eq!(from_path(&format!("/{}", "é".repeat(400))).expect("a name").chars().count(), CHARS_MAX);
    }
}
