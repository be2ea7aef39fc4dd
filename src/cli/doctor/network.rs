//! Checks of the ways in: where is listened, what clients are told, who stands between.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::Check;
use crate::config::{Config, Source};
use crate::id::WorkspaceId;
use crate::outbound::{Ask, AskBody, AskLimits, Outbound, Policy, SystemResolver};

/// How long the public address may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub fn listen(config: &Config, is_running: bool) -> Check {
    const NAME: &str = "Listening";
    let address = config.listen.value;
    if !is_running && let Err(error) = TcpListener::bind(address) {
        let fix = "Stop what listens there, or choose another address with --listen";
        return Check::problem("listen", NAME, format!("{address} can't be listened on: {error}"), fix);
    }
    if address.ip().is_loopback() {
        return Check::ok("listen", NAME, format!("{address}: this machine only"));
    }
    let public_url = config.public_url.value.as_deref().unwrap_or_default();
    if public_url.starts_with("https://") {
        return Check::ok("listen", NAME, format!("{address}: other machines too"));
    }
    Check::warning(
        "listen",
        NAME,
        format!("{address}: other machines too, and without encryption, so tokens and messages can be read on the way"),
        "Put a proxy with HTTPS in front and name it with --public-url, or listen on 127.0.0.1",
    )
}

pub fn public_url(config: &Config) -> Check {
    const NAME: &str = "Public address";
    let url = config.public_url_at(config.listen.value);
    if config.public_url.source == Source::Default {
        let finding = format!("{url}, from --listen; links are good on this machine");
        return if config.listen.value.ip().is_loopback() {
            Check::ok("public_url", NAME, finding)
        } else {
            let fix = "Say with --public-url how others reach this server: links and the setup page are made from it";
            Check::warning("public_url", NAME, format!("{url}, guessed from --listen"), fix)
        };
    }
    let host = url.split("://").nth(1).unwrap_or_default();
    let is_local = ["localhost", "127.", "[::1]"].iter().any(|start| host.starts_with(start));
    if url.starts_with("http://") && !is_local {
        let fix = "Serve it over HTTPS by a proxy, and say https:// here";
        return Check::warning("public_url", NAME, format!("{url} sends tokens and messages in clear"), fix);
    }
    Check::ok("public_url", NAME, url)
}

pub fn proxies(config: &Config) -> Check {
    const NAME: &str = "Trusted proxies";
    let networks = &config.trusted_proxies.value;
    if let Some(all) = networks.iter().find(|network| network.prefix_len() == 0) {
        let fix = "Name the proxy's own address only";
        return Check::warning("proxies", NAME, format!("{all} lets anybody pretend any address"), fix);
    }
    let is_proxied = config.public_url.value.as_deref().is_some_and(|url| url.starts_with("https://"));
    if networks.is_empty() && is_proxied {
        let finding = "None, though the public address is HTTPS: all requests seem to come from the proxy";
        return Check::warning("proxies", NAME, finding, "Name the proxy with --trusted-proxy, as 127.0.0.1");
    }
    let names = networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Check::ok("proxies", NAME, if names.is_empty() { "None".to_owned() } else { names })
}

/// Whether the public address answers, encrypted and with a good certificate, and this server is behind it.
pub fn proxy(config: &Config, is_running: bool) -> Check {
    const NAME: &str = "Encryption";
    let Some(url) = config.public_url.value.as_deref().filter(|url| url.starts_with("https://")) else {
        return Check::ok("proxy", NAME, "No https address is set; see Public address");
    };
    if !is_running {
        return Check::ok("proxy", NAME, format!("{url} is asked while the server runs"));
    }
    let fix = format!("Let the proxy pass everything to {}, as docs/Caddyfile does", config.listen.value);
    match health_at(url) {
        Ok(200) => Check::ok("proxy", NAME, format!("{url} answers with a good certificate")),
        Ok(status) => Check::warning("proxy", NAME, format!("{url} answers {status}, so it leads elsewhere"), fix),
        Err(why) => Check::warning("proxy", NAME, format!("{url} can't be reached from here: {why}"), fix),
    }
}

/// The status that the health page has under this address.
fn health_at(url: &str) -> Result<u16, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let client = Outbound::new(Policy::default(), Arc::new(SystemResolver::default())).for_configured();
    let limits = AskLimits { connect_max: ANSWER_MAX, answer_max: ANSWER_MAX, answer_bytes_max: ANSWER_BYTES_MAX };
    let ask = Ask { url: format!("{url}/healthz"), headers: Vec::new(), body: AskBody::Nothing };
    let answered = runtime.block_on(client.ask(WorkspaceId(0), ask, &limits));
    answered.map(|answered| answered.status).map_err(|error| error.to_string())
}
