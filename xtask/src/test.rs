//! Every test, with everything any of them needs, so that nothing may be left out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cargo::{cargo, root, target_folder};
use crate::doctests;
use crate::install::{self, Install};
use crate::postgres::{ADDRESS_VARIABLE, Postgres};
use crate::steps::{Steps, must_run};

/// Tests that only work beside the real thing read these. With the last one set, a test that lacks what it needs fails
/// instead of leaving itself out.
const CHROMIUM_VARIABLE: &str = "PARTYLINE_TEST_CHROMIUM";
const AXE_VARIABLE: &str = "PARTYLINE_TEST_AXE";
const SCHEMATHESIS_VARIABLE: &str = "PARTYLINE_TEST_SCHEMATHESIS";
const PYTHON_VARIABLE: &str = "PARTYLINE_TEST_PYTHON";
const BAILEYS_VARIABLE: &str = "PARTYLINE_TEST_BAILEYS";
const BINARY_VARIABLE: &str = "PARTYLINE_TEST_BINARY";
const ALL_VARIABLE: &str = "PARTYLINE_TEST_ALL";

/// The fake WhatsApp switches a check of the client off, for everything that is built with it: so it is built, and its tests
/// run, by themselves.
const APART: &str = "whatsapp-peer";

pub fn run(install: Install, nextest_arguments: &[String]) -> Result<ExitCode, String> {
    let mut steps = Steps::default();
    let outcome = all(install, nextest_arguments, &mut steps);
    steps.print();
    outcome.map(|()| ExitCode::SUCCESS)
}

fn all(install: Install, nextest_arguments: &[String], steps: &mut Steps) -> Result<(), String> {
    // The quick installations first: what can't be had should be known before minutes of building.
    steps.step("Debian's packages are there", || install::debian(install))?;
    let python = steps.step("schemathesis and standardwebhooks are there", || install::python(install))?;
    let axe = steps.step("axe-core is there", || install::axe(install))?;
    let baileys = steps.step("Baileys is there", || install::baileys(install))?;
    steps.step("nextest is there", || install::nextest(install))?;
    let chromium = install::chromium().ok_or("chromium is missing from PATH")?;

    let packages = packages(nextest_arguments);
    if nextest_arguments.is_empty() {
        // Only so that its time is told apart from the tests': with arguments, some of which don't go together with this
        // one, the tests' own step builds.
        steps.step("build", || must_run(cargo().args(["nextest", "run", "--no-run"]).args(&packages)))?;
    }
    if doctests::any_under(&root().join("src")) || doctests::any_under(&root().join("crates")) {
        steps.step("doctests", || must_run(cargo().args(["test", "--doc"]).args(&packages)))?;
    }
    let server = steps.step("start PostgreSQL", Postgres::start)?;
    let outcome = steps.step("tests", || {
        must_run(
            cargo()
                .args(["nextest", "run", "--no-fail-fast"])
                .args(&packages)
                .args(nextest_arguments)
                .env(ADDRESS_VARIABLE, server.address())
                .env(CHROMIUM_VARIABLE, &chromium)
                .env(AXE_VARIABLE, &axe)
                .env(SCHEMATHESIS_VARIABLE, &python.schemathesis)
                .env(PYTHON_VARIABLE, &python.interpreter)
                .env(BAILEYS_VARIABLE, &baileys)
                .env(ALL_VARIABLE, "1"),
        )
    });
    let apart = nextest_arguments.is_empty().then(|| {
        steps.step("tests against the fake WhatsApp", || {
            must_run(
                cargo()
                    .args(["nextest", "run", "--no-fail-fast", "--package", APART])
                    .env(ADDRESS_VARIABLE, server.address())
                    .env(BAILEYS_VARIABLE, &baileys)
                    .env(BINARY_VARIABLE, program())
                    .env(ALL_VARIABLE, "1"),
            )
        })
    });
    steps.step("stop PostgreSQL", || {
        drop(server);
        Ok(())
    })?;
    outcome.and(apart.unwrap_or(Ok(())))
}

/// The program as the product's own build has just made it for its tests.
fn program() -> PathBuf {
    target_folder().join("debug/partyline")
}

/// The whole workspace, unless the person named packages.
fn packages(nextest_arguments: &[String]) -> Vec<&'static str> {
    let named = nextest_arguments.iter().any(|word| word.starts_with("-p") || word.starts_with("--package"));
    if named {
        return Vec::new();
    }
    let mut words = vec!["--workspace"];
    if Path::new(&root()).join("crates").join(APART).is_dir() {
        words.extend(["--exclude", APART]);
    }
    words
}
