//! The command line: what can be asked, and who answers it. The words of an answer stand here; the work doesn't.

mod account;
mod account_cloud;
mod account_link;
mod api_log;
mod arguments;
mod doctor;
mod ephemeral;
mod listen;
mod listings;
mod out;
mod send;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::accounts::trigger::triggers;
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::{Command, Limits, Output, TokenLimits};
use crate::failure::{EXIT_FAILURE, Failure};
use crate::http::openapi;
use crate::serve::{self, Greeting, local_zone};
use arguments::{Action, Arguments, ServeArguments, TokenAction, TokenLimitArguments, WorkspaceAction};
pub use out::{Out, Style};

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let matches = match Arguments::command().try_get_matches() {
        Ok(matches) => matches,
        // Help and version come this way as well; clap knows which stream and code each has.
        Err(error) => error.exit(),
    };
    // What this process writes is nobody else's: backups, and the files that SQLite makes.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let mut out = Out::standard();
    let done = Arguments::from_arg_matches(&matches)
        .map_err(|error| Failure::usage(error.to_string()))
        .and_then(|arguments| Config::read(&arguments.options, &matches).map(|config| (arguments, config)))
        .and_then(|(arguments, config)| perform(arguments, config, &mut out));
    match done {
        Ok(code) => code,
        Err(failure) => {
            out.note(&format!("partyline: {failure}"));
            ExitCode::from(failure.exit)
        }
    }
}

fn perform(arguments: Arguments, config: Config, out: &mut Out) -> Result<ExitCode, Failure> {
    let Some(action) = arguments.action else {
        return start(config, &arguments.serve, out);
    };
    if arguments.serve.is_given() {
        return Err(Failure::usage("--ephemeral and --print-json belong to `partyline serve`; leave them out here"));
    }
    match action {
        Action::Serve(serve) => return start(config, &serve, out),
        Action::Token(action) => token(&config, action, out)?,
        Action::Workspace(action) => workspace(&config, action, out)?,
        Action::Account(action) => account::account(&config, action, out)?,
        Action::Send(send) => return send::send(&config, send, out),
        Action::ApiLog { last, workspace, json } => api_log::print(&config, i64::from(last), workspace, json, out)?,
        Action::Listen(arguments) => listen::listen(&config, arguments, out)?,
        Action::Trigger { list: true, .. } => triggers().for_each(|event| out.line(event)),
        Action::Trigger { event, workspace, .. } => trigger(&config, event.unwrap_or_default(), workspace.id, out)?,
        Action::SetupLink { workspace } => setup_link(&config, workspace.id, out)?,
        Action::Backup { path } => backup(&config, &path, out)?,
        Action::Doctor { json } => return Ok(doctor::doctor(&config, json, out)),
        Action::Config { json } => listings::settings(&config.settings(), json, out),
        Action::Openapi => out.text(&openapi::document_text()),
    }
    Ok(ExitCode::SUCCESS)
}

fn start(mut config: Config, serve: &ServeArguments, out: &mut Out) -> Result<ExitCode, Failure> {
    if serve.print_json && !serve.ephemeral {
        return Err(Failure::usage(
            "--print-json goes with --ephemeral: a lasting server's token is printed just once",
        ));
    }
    let greeting = if serve.print_json { Greeting::Json } else { Greeting::Words };
    let folder = serve.ephemeral.then(|| ephemeral::prepare(&mut config)).transpose()?;
    serve::run(&config, greeting, out)?;
    drop(folder);
    Ok(ExitCode::SUCCESS)
}

fn token(config: &Config, action: TokenAction, out: &mut Out) -> Result<(), Failure> {
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    match action {
        TokenAction::Create { name, scope, limits, workspace } => {
            let TokenLimitArguments { accounts, networks, expires, collapse_duplicates } = limits;
            let limits = TokenLimits { accounts, networks, expires, collapse_duplicates };
            let scope = scope.as_str().to_owned();
            match reach.run(Command::TokenCreate { workspace: workspace.id, name, scope, limits })? {
                Output::Token(secret) => out.line(&secret),
                other => return Err(unexpected(&other)),
            }
        }
        TokenAction::List { workspace, json } => match reach.run(Command::TokenList { workspace: workspace.id })? {
            Output::Tokens(tokens) => listings::tokens(&tokens, json, out),
            other => return Err(unexpected(&other)),
        },
        TokenAction::Revoke { id, workspace } => {
            reach.run(Command::TokenRevoke { workspace: workspace.id, id })?;
            out.line(&format!("Token {id} is revoked."));
        }
    }
    Ok(())
}

fn workspace(config: &Config, action: WorkspaceAction, out: &mut Out) -> Result<(), Failure> {
    // Making a workspace may be the first thing ever done in a folder, so that a server can be prepared before it starts.
    let if_missing = match action {
        WorkspaceAction::Create { .. } => IfMissing::Create,
        _ => IfMissing::Refuse,
    };
    let mut reach = Reach::open(config, if_missing)?;
    let (command, json) = match action {
        WorkspaceAction::Create { name, zone, json } => {
            (Command::WorkspaceCreate { name, zone: zone.unwrap_or_else(local_zone) }, json)
        }
        WorkspaceAction::List { json } => (Command::WorkspaceList, json),
        WorkspaceAction::SetLimits { workspace, rate_per_minute, calls_per_cycle, credits_per_cycle, top_up, json } => {
            let limits = Limits { rate_per_minute, calls_per_cycle, credits_per_cycle, top_up };
            if limits == Limits::default() {
                return Err(Failure::usage(
                    "Nothing to set; give --rate-per-minute, --calls-per-cycle, --credits-per-cycle or --top-up",
                ));
            }
            (Command::WorkspaceSetLimits { workspace: Some(workspace), limits }, json)
        }
    };
    match reach.run(command)? {
        Output::Workspaces(workspaces) => listings::workspaces(&workspaces, json, out),
        Output::Workspace(workspace) => listings::workspaces(&[workspace], json, out),
        other => return Err(unexpected(&other)),
    }
    Ok(())
}

fn trigger(config: &Config, event: String, workspace: Option<String>, out: &mut Out) -> Result<(), Failure> {
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    match reach.run(Command::Trigger { workspace, event })? {
        Output::Triggered { what } => {
            out.line(&format!("{what}."));
            if !reach.has_server() && config.database.value.is_none() {
                out.note("No server runs on this data folder, so the rest waits until one is started.");
            }
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

fn setup_link(config: &Config, workspace: Option<String>, out: &mut Out) -> Result<(), Failure> {
    match Reach::open(config, IfMissing::Refuse)?.run(Command::SetupLink { workspace })? {
        Output::SetupLink { url, expires_at } => {
            out.line(&url);
            out.note(&format!("Open it before {expires_at}; it works once. Links made before open nothing any more."));
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

fn backup(config: &Config, path: &std::path::Path, out: &mut Out) -> Result<(), Failure> {
    // The server has a working directory of its own, so the path must not depend on it.
    let absolute = std::path::absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    let Some(target) = absolute else {
        return Err(Failure::usage("The path of the backup isn't UTF-8; give it another name"));
    };
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    match reach.run(Command::Backup { path: target.clone() })? {
        Output::Copied { bytes } => {
            let kib = bytes.div_ceil(1024);
            out.line(&format!("{target} has everything up to now ({kib} KiB)."));
            let key = config.data.value.join("key");
            out.note(&format!("Keep a copy of {} with it: secrets in the backup are sealed with it.", key.display()));
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

/// Only a server of another version can answer something else than was asked for.
pub(crate) fn unexpected(output: &Output) -> Failure {
    let kind = serde_json::to_value(output).ok();
    let kind = kind.as_ref().and_then(|value| value.as_object()).and_then(|fields| fields.keys().next().cloned());
    let kind = kind.unwrap_or_else(|| "nothing".to_owned());
    Failure {
        message: format!("The server answered with {kind}; restart it with the version that you are using"),
        exit: EXIT_FAILURE,
    }
}
