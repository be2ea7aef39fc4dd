//! The project's chores, as `cargo xtask CHORE`: each is a short story told with other people's programs.
//!
//! Nothing here may be needed to build or run Partyline itself.

// A chore talks to the person at the terminal; there is no log to write to.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod cargo;
mod doctests;
mod install;
mod licences;
mod postgres;
mod steps;
mod test;

use std::process::ExitCode;

use arguments::{Arguments, Chore};

const USAGE: &str = "\
cargo xtask CHORE

  test [--no-install] [-- NEXTEST-ARGUMENTS]   every test, with all they need: installs what is missing,
                                               starts a throwaway PostgreSQL, leaves nothing out
  postgres [--no-install] -- COMMAND...        runs COMMAND with a throwaway PostgreSQL's address
                                               in PARTYLINE_TEST_POSTGRES
  licences [--no-install]                      checks licences, bans and sources against deny.toml

  --no-install   never installs anything; what is missing is named instead";

fn main() -> ExitCode {
    let outcome = Arguments::parse(std::env::args().skip(1)).and_then(|arguments| match arguments.chore {
        Chore::Help => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Chore::Test => test::run(arguments.install, &arguments.rest),
        Chore::Postgres => postgres::run_with(arguments.install, &arguments.rest),
        Chore::Licences => licences::run(arguments.install),
    });
    outcome.unwrap_or_else(|problem| {
        eprintln!("xtask: {problem}");
        ExitCode::FAILURE
    })
}
