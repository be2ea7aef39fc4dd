//! `partyline listen`: events as they happen, printed, or delivered to an address of the developer's own, signed as a webhook.

mod forward;
mod frames;
mod source;

use std::sync::Arc;
use std::thread::sleep;

use serde_json::Value;

use super::Out;
use super::arguments::ListenArguments;
use crate::config::Config;
use crate::failure::Failure;
use crate::outbound::{Outbound, Policy, SystemResolver};
use forward::Forwarder;
use source::{News, RETRY_AFTER, Source};

/// What the developer's own address may be beside public ones: this machine and its networks. They named it themselves.
const OWN_NETWORKS: [&str; 6] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

/// Listens until it is ended.
///
/// # Errors
/// There is nothing to listen to, or the server refuses.
pub fn listen(config: &Config, arguments: ListenArguments, out: &mut Out) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("This process can't start: {error}")))?;
    let ListenArguments { forward_to, types, after, server, token, workspace } = arguments;
    let networks = OWN_NETWORKS.iter().filter_map(|network| network.parse().ok()).collect();
    let outbound = Outbound::new(Policy::allowing(networks), Arc::new(SystemResolver::default()));
    let mut source = match (server, token) {
        (Some(server), Some(token)) => Source::there(outbound.clone(), &server, token, after),
        (Some(_), None) => {
            return Err(Failure::usage("--server needs a token: give --token, or set PARTYLINE_TOKEN"));
        }
        (None, _) => Source::here(config, workspace.id, after)?,
    };
    let forwarder = forward_to.map(|url| Forwarder::new(outbound, url));
    if let Some(forwarder) = &forwarder {
        out.line(&format!("Signing secret  {}", out.style().bold(&forwarder.secret())));
    }
    out.note("Listening. End it with Ctrl+C.");
    let mut is_broken = false;
    loop {
        for news in source.next(&runtime)? {
            match news {
                News::Event(event) if !is_wanted(&event, &types) => {}
                News::Event(event) => match &forwarder {
                    Some(forwarder) => {
                        for line in runtime.block_on(forwarder.forward(&event, &types)) {
                            out.line(&line);
                        }
                    }
                    None => out.json_line(&event),
                },
                News::Reset => out.note("Some events are no longer kept and were missed; going on with the oldest."),
                News::Broken(why) => {
                    if !is_broken {
                        out.note(&format!("The line broke ({why}); trying again."));
                    }
                    is_broken = true;
                    sleep(RETRY_AFTER);
                    continue;
                }
            }
            is_broken = false;
        }
    }
}

/// Whether an event, or one of the webhook events that it is, was asked for.
fn is_wanted(event: &Value, types: &[String]) -> bool {
    let bodies = event["bodies"].as_array().into_iter().flatten();
    let mut names = bodies.chain([event]).filter_map(|one| one["event_type"].as_str());
    types.is_empty() || names.any(|name| types.iter().any(|wanted| wanted == name))
}
