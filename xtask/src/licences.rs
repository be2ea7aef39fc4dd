//! Checks what the product is made of: licences, banned packages and sources by `deny.toml`, and no feature that turns a
//! safety off.
//!
//! Advisories are not asked for: they need the network's newest list, and a build must give the same answer twice.

use std::process::ExitCode;

use crate::cargo::cargo;
use crate::install::{self, Install};
use crate::steps::{Steps, must_run, output_of};

/// How dependencies name features that skip a check. Tests may use one to speak to a fake peer; the product never.
const UNSAFE_FEATURE_PREFIX: &str = "danger";

pub fn run(install: Install) -> Result<ExitCode, String> {
    let mut steps = Steps::default();
    let outcome = check(install, &mut steps);
    steps.print();
    outcome.map(|()| ExitCode::SUCCESS)
}

fn check(install: Install, steps: &mut Steps) -> Result<(), String> {
    steps.step("cargo-deny is there", || install::cargo_deny(install))?;
    steps.step("licences, bans, sources", || {
        must_run(cargo().args(["deny", "--log-level", "error", "check", "licenses", "bans", "sources"]))
    })?;
    steps.step("no feature that skips a check", || {
        // Only what the product itself is built from: `--edges normal` leaves the tests' dependencies out.
        let tree = output_of(cargo().args([
            "tree",
            "--package",
            "partyline",
            "--prefix",
            "none",
            "--format",
            "{p}|{f}",
            "--edges",
            "normal,build",
        ]))?;
        let found = features_that_skip_checks(&tree);
        if found.is_empty() { Ok(()) } else { Err(format!("the product is built with {}", found.join(", "))) }
    })
}

/// Lines are `name version|feature,feature`.
fn features_that_skip_checks(tree: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in tree.lines() {
        let Some((package, features)) = line.split_once('|') else { continue };
        for feature in features.split(',').filter(|feature| feature.starts_with(UNSAFE_FEATURE_PREFIX)) {
            found.push(format!("{feature} of {package}"));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_skips_a_check_is_found() {
        let tree = "partyline v0.1.0 (/somewhere)|default,web\nwacore v0.7.0|danger-skip-cert-chain-verify,std (*)\n";
        assert_eq!(features_that_skip_checks(tree), ["danger-skip-cert-chain-verify of wacore v0.7.0"]);
        assert!(features_that_skip_checks("serde v1.0.0|default,derive\n").is_empty());
    }
}
