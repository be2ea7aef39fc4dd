//! `partyline send`: queues a message, and follows it when asked to.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use super::arguments::SendArguments;
use super::{Out, unexpected};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::{Command, Output};
use crate::failure::{EXIT_FAILURE, Failure};
use crate::message::Status;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Prints the message's uid, then, with `--wait`, a line for each status. Succeeds if the message was accepted and,
/// with `--wait`, read.
pub fn send(config: &Config, arguments: SendArguments, out: &mut Out) -> Result<ExitCode, Failure> {
    let SendArguments { to, text, from, workspace, wait, timeout } = arguments;
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    let command = Command::Send { workspace: workspace.id.clone(), to, text, from };
    let uid = match reach.run(command)? {
        Output::Queued { uid } => uid,
        other => return Err(unexpected(&other)),
    };
    out.line(&uid);
    let is_alone = !reach.has_server();
    if is_alone && config.database.value.is_none() {
        out.note("No server runs on this data folder, so the message waits until one is started.");
        return Ok(if wait { ExitCode::from(EXIT_FAILURE) } else { ExitCode::SUCCESS });
    }
    if wait { follow(&mut reach, workspace.id, &uid, Duration::from_secs(timeout), out) } else { Ok(ExitCode::SUCCESS) }
}

fn follow(
    reach: &mut Reach,
    workspace: Option<String>,
    uid: &str,
    wait_max: Duration,
    out: &mut Out,
) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let mut told = 0;
    loop {
        let command = Command::MessageFind { workspace: workspace.clone(), uid: uid.to_owned() };
        let Output::Message(message) = reach.run(command)? else {
            return Err(Failure::new("The server answered something else; restart it"));
        };
        for (status, at) in message.history.iter().skip(told) {
            out.line(&format!("{status:<9}  {at}"));
        }
        told = told.max(message.history.len());
        if message.status == Status::Read.as_str() {
            return Ok(ExitCode::SUCCESS);
        }
        if message.status == Status::Failed.as_str() {
            out.note(&message.failure.unwrap_or_else(|| "WhatsApp gave no reason".to_owned()));
            return Ok(ExitCode::from(EXIT_FAILURE));
        }
        if clock.monotonic() >= wait_max {
            let seconds = wait_max.as_secs();
            let status = message.status;
            out.note(&format!("After {seconds} seconds the message is {status}; it goes on without this command."));
            return Ok(ExitCode::from(EXIT_FAILURE));
        }
        sleep(LOOK_EVERY);
    }
}
