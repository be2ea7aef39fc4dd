//! The values of settings. Each refusal is a sentence that says what to write instead.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::LogFormat;

const SPEED_MAX: f64 = 1_000_000.0;

pub fn folder(text: &str) -> Result<PathBuf, String> {
    if text.contains('\0') {
        return Err("a folder's name can't hold a NUL character; name another folder".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub fn listen(text: &str) -> Result<SocketAddr, String> {
    let named = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    named.as_deref().unwrap_or(text).parse().map_err(|_| {
        let example = match text.trim_start_matches(':').parse::<u16>() {
            Ok(port) => format!("127.0.0.1:{port}"),
            Err(_) => "127.0.0.1:8080".to_owned(),
        };
        format!(
            "\"{text}\" is no address with a port; write {example} to be reached from this machine, or 0.0.0.0:{} \
             to be reached from others",
            example.rsplit(':').next().unwrap_or("8080")
        )
    })
}

/// `None` for the file in the data folder. The complaint doesn't repeat the value, since a password may be in it.
pub fn database(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let Some(rest) = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) else {
        return Err("it must begin with postgres://; leave it out to keep the data in the file partyline.db of the \
                    data folder"
            .to_owned());
    };
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    if authority.is_empty() || rest.contains(char::is_whitespace) {
        return Err("write it as postgres://NAME:PASSWORD@HOST:PORT/DATABASE".to_owned());
    }
    Ok(Some(text.to_owned()))
}

/// `None` to follow the address that is listened on.
pub fn public_url(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |why: &str| Err(format!("\"{text}\" {why}; write it as https://partyline.example.com"));
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return wrong("must begin with https:// or http://");
    };
    let host = rest.strip_suffix('/').unwrap_or(rest);
    if host.contains('@') {
        return Err("a name or password doesn't belong there; write it as https://partyline.example.com".to_owned());
    }
    if host.contains(['/', '?', '#']) {
        return wrong("has something behind its host, but Partyline is served at the root of a host name");
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return wrong("has a port that is no number up to 65535");
    }
    let is_v6 = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).is_some_and(is_ip);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    if !is_v6 && !is_name {
        return wrong("has no host name that can be");
    }
    Ok(Some(text.strip_suffix('/').unwrap_or(text).to_owned()))
}

pub fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(network).collect()
}

fn network(text: &str) -> Result<IpNet, String> {
    let alone = text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or(alone)
        .map_err(|_| format!("\"{text}\" is no network; write it as 10.0.0.0/8, or name a single address as 10.0.0.7"))
}

/// Where a Graph is: as [`public_url`], and there must be one.
pub fn graph_url(text: &str) -> Result<String, String> {
    let advice = || "write it as https://graph.facebook.com".to_owned();
    public_url(text).map_err(|why| format!("{why} (or {})", advice()))?.ok_or_else(advice)
}

/// A version of the Graph.
pub fn graph_version(text: &str) -> Result<String, String> {
    let numbers = text.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    let is_number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = numbers.is_some_and(|(major, minor)| is_number(major) && is_number(minor));
    is_version.then(|| text.to_owned()).ok_or_else(|| format!("\"{text}\" is no version; write it as v25.0"))
}

/// Where linked devices find WhatsApp: a websocket's address.
pub fn web_url(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "ws" | "wss") && url.has_host());
    let is_plain = url.is_some_and(|url| url.username().is_empty() && url.password().is_none());
    let advice = || format!("\"{text}\" is no websocket's address; write it as wss://web.whatsapp.com/ws/chat");
    is_plain.then(|| text.to_owned()).ok_or_else(advice)
}

/// A version of WhatsApp's web client: three numbers.
pub fn web_version(text: &str) -> Result<Option<(u32, u32, u32)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([major, minor, patch]) => Ok(Some((*major, *minor, *patch))),
        _ => Err(format!("\"{text}\" is no version; write it as 2.3000.1030000000")),
    }
}

/// Whom to ask: one line of text.
pub fn support_contact(text: &str) -> Result<String, String> {
    let is_line = text.chars().count() <= 200 && !text.chars().any(char::is_control);
    is_line.then(|| text.to_owned()).ok_or_else(|| {
        "give an email address or the address of a page, on one line of at most 200 characters".to_owned()
    })
}

pub fn sandbox_speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.0..=SPEED_MAX).contains(speed));
    speed.ok_or_else(|| {
        format!("\"{text}\" is no speed; write 1 for a person's pace, 10 for ten times faster, 0 for at once")
    })
}

pub fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("\"{text}\" is no format; write text or json")),
    }
}

/// A level, or parts with a level each.
pub fn log_filter(text: &str) -> Result<String, String> {
    let is_level = |part: &str| part.parse::<tracing::level_filters::LevelFilter>().is_ok();
    let fits =
        |part: &str| part.split_once('=').map_or(is_level(part), |(name, level)| !name.is_empty() && is_level(level));
    if !text.split(',').all(|part| fits(part.trim())) {
        return Err(format!(
            "\"{text}\" can't be read; write error, warn, info or debug, or parts such as \
             info,partyline::accounts=debug"
        ));
    }
    Ok(text.to_owned())
}

fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_answered_with_what_to_write() {
        assert_eq!(listen("localhost:80"), Ok("127.0.0.1:80".parse().expect("an address")));
        for given in ["9000", ":9000"] {
            let rule = listen(given).expect_err("a port alone");
            assert!(rule.contains("127.0.0.1:9000") && rule.contains("0.0.0.0:9000"), "{rule}");
        }
    }

    #[test]
    fn a_public_address_is_the_root_of_a_host() {
        let kept = |text: &str| public_url(text).expect("good").expect("given");
        assert_eq!(kept("https://line.example.com/"), "https://line.example.com");
        assert_eq!(kept("http://[::1]:8080"), "http://[::1]:8080");
        assert_eq!(public_url(""), Ok(None));
        for wrong in ["line.example.com", "ftp://x", "https://", "https://a/b", "https://a:99999", "https://a b"] {
            assert!(public_url(wrong).expect_err(wrong).contains("https://partyline.example.com"));
        }
    }

    #[test]
    fn a_wrong_database_address_is_not_repeated() {
        for wrong in ["mysql://me:secret@host/db", "postgres:///secret", "postgres://me:secret @host/db"] {
            assert!(!database(wrong).expect_err("refused").contains("secret"));
        }
        assert_eq!(database(""), Ok(None));
        assert!(database("postgresql://me:secret@host/db").is_ok());
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        let networks = networks("10.0.0.0/8, 192.0.2.7,").expect("good");
        assert_eq!(networks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.7/32"]);
        assert!(super::networks("10.0.0.0/99").is_err());
    }

    #[test]
    fn speeds_are_numbers_from_nought_up() {
        assert_eq!(sandbox_speed("0"), Ok(0.0));
        for wrong in ["-1", "fast", "NaN", "inf", "1e9"] {
            assert!(sandbox_speed(wrong).is_err(), "{wrong}");
        }
    }
}
