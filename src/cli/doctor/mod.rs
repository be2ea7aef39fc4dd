//! `partyline doctor`: looks at everything a server needs, changes nothing, and says for each finding what to do.

mod data;
mod network;
mod system;

use std::process::ExitCode;

use serde::Serialize;

use super::Out;
use crate::config::Config;
use crate::control::client::Connection;
use crate::control::{Command, Output};
use crate::failure::EXIT_FAILURE;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// Works, but not as well or as safely as it could.
    Warning,
    /// Doesn't work.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub id: &'static str,
    pub name: &'static str,
    pub level: Level,
    pub finding: String,
    /// What to do, unless all is well.
    pub fix: Option<String>,
}

impl Check {
    pub fn ok(id: &'static str, name: &'static str, finding: impl Into<String>) -> Check {
        Check { id, name, level: Level::Ok, finding: finding.into(), fix: None }
    }

    pub fn warning(id: &'static str, name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { level: Level::Warning, fix: Some(fix.into()), ..Check::ok(id, name, finding) }
    }

    pub fn problem(id: &'static str, name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { level: Level::Problem, fix: Some(fix.into()), ..Check::ok(id, name, finding) }
    }
}

/// The server that runs on the data folder, if one does.
struct Running {
    connection: Connection,
    pid: u32,
    version: String,
    address: String,
}

/// Looks, and prints what was found. Fails if there is a problem; warnings are none.
pub fn doctor(config: &Config, json: bool, out: &mut Out) -> ExitCode {
    let mut running = find_server(config);
    let mut checks = vec![data::folder(config), data::key(config), server(config, running.as_ref())];
    checks.push(data::database(config, running.as_mut().map(|running| &mut running.connection)));
    checks.push(system::disk(config));
    checks.push(system::clock(&crate::clock::Clock::system()));
    checks.push(system::zones());
    checks.push(network::listen(config, running.is_some()));
    checks.push(network::public_url(config));
    checks.push(network::proxies(config));
    checks.push(network::proxy(config, running.is_some()));
    if json {
        out.json(&checks);
    } else {
        tell(&checks, out);
    }
    let worst = checks.iter().map(|check| check.level).max();
    if worst == Some(Level::Problem) { ExitCode::from(EXIT_FAILURE) } else { ExitCode::SUCCESS }
}

fn find_server(config: &Config) -> Option<Running> {
    let mut connection = Connection::open(&config.data.value, None).ok()??;
    match connection.run(Command::Ping).ok()? {
        Output::Server { pid, version, address } => Some(Running { connection, pid, version, address }),
        _ => None,
    }
}

fn server(config: &Config, running: Option<&Running>) -> Check {
    const NAME: &str = "Server";
    let own = env!("CARGO_PKG_VERSION");
    match running {
        Some(Running { pid, version, address, .. }) if version == own => {
            Check::ok("server", NAME, format!("Runs as process {pid} at {address}, version {version}"))
        }
        Some(Running { pid, version, .. }) => Check::warning(
            "server",
            NAME,
            format!("Runs as process {pid} with version {version}; this program is version {own}"),
            "Restart the server with this version",
        ),
        None if data::is_locked(config) => Check::problem(
            "server",
            NAME,
            "A process holds the data folder but doesn't answer on its control socket",
            format!("See what runs on it: fuser {}", config.data.value.join("lock").display()),
        ),
        None => Check::ok("server", NAME, "Doesn't run on this data folder; `partyline` starts it"),
    }
}

fn tell(checks: &[Check], out: &mut Out) {
    let style = out.style();
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let word = match check.level {
            Level::Ok => "ok     ".to_owned(),
            Level::Warning => style.bold("warning"),
            Level::Problem => style.bold("PROBLEM"),
        };
        out.line(&format!("{word}  {:width$}  {}", check.name, check.finding));
        if let Some(fix) = &check.fix {
            out.line(&format!("         {:width$}  {}", "", style.faint(&format!("to fix it: {fix}"))));
        }
    }
    let count = |level| checks.iter().filter(|check| check.level == level).count();
    let (problems, warnings) = (count(Level::Problem), count(Level::Warning));
    out.line("");
    out.line(&match (problems, warnings) {
        (0, 0) => "All is well.".to_owned(),
        _ => format!("{}, {}.", counted(problems, "problem"), counted(warnings, "warning")),
    });
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
