//! Finds the programs that tests and chores use, and installs what is missing unless told not to.
//!
//! Versions are pinned where a newer one could break the build on the day it appears.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{cargo, chores_folder};
use crate::postgres;
use crate::steps::{must_run, succeeds};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Install {
    Missing,
    Nothing,
}

const NEXTEST_VERSION: &str = "0.9.143";
const DENY_VERSION: &str = "0.20.2";
const SCHEMATHESIS_VERSION: &str = "4.32.5";
const STANDARDWEBHOOKS_VERSION: &str = "1.1.0";
const AXE_VERSION: &str = "4.14.1";
const BAILEYS_VERSION: &str = "7.0.0-rc14";

/// The runner of all tests. Any installed version will do that `.config/nextest.toml` accepts.
pub fn nextest(install: Install) -> Result<(), String> {
    cargo_program("nextest", "cargo-nextest", NEXTEST_VERSION, install)
}

/// The judge of licences and banned packages.
pub fn cargo_deny(install: Install) -> Result<(), String> {
    cargo_program("deny", "cargo-deny", DENY_VERSION, install)
}

fn cargo_program(subcommand: &str, package: &str, version: &str, install: Install) -> Result<(), String> {
    if succeeds(cargo().args([subcommand, "--version"])) {
        return Ok(());
    }
    if install == Install::Nothing {
        return Err(format!("{package} is missing: cargo install --locked {package}@{version}"));
    }
    // From source: some minutes, once per machine. Not into our own target folder, which it would only swell.
    must_run(cargo().args(["install", "--locked", &format!("{package}@{version}")]).env_remove("CARGO_TARGET_DIR"))
}

/// PostgreSQL's server and its programs, for `cargo xtask postgres`.
pub fn postgres(install: Install) -> Result<(), String> {
    debian_packages(install, missing_postgres())
}

/// Everything from Debian that any test uses.
pub fn debian(install: Install) -> Result<(), String> {
    let mut missing = missing_postgres();
    if chromium().is_none() {
        missing.push("chromium");
    }
    if in_path("strace").is_none() {
        missing.push("strace");
    }
    // Debian ships Python without the part that makes environments.
    if !succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        missing.extend(["python3", "python3-venv"]);
    }
    // What the guide verifies a webhook's signature in.
    for (program, package) in [("node", "nodejs"), ("npm", "npm"), ("php", "php-cli")] {
        if in_path(program).is_none() {
            missing.push(package);
        }
    }
    debian_packages(install, missing)
}

fn missing_postgres() -> Vec<&'static str> {
    if postgres::programs().is_none() { vec!["postgresql"] } else { Vec::new() }
}

pub fn chromium() -> Option<PathBuf> {
    in_path("chromium")
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn debian_packages(install: Install, missing: Vec<&str>) -> Result<(), String> {
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("sudo apt-get install --no-install-recommends {}", missing.join(" "));
    if install == Install::Nothing {
        return Err(format!("Debian packages are missing: {by_hand}"));
    }
    let Some(prefix) = way_to_root() else {
        return Err(format!("Debian packages are missing, and installing them needs root: {by_hand}"));
    };
    eprintln!("xtask: installing Debian's {}", missing.join(", "));
    must_run(&mut apt_get(prefix, &["update"]))?;
    let mut words = vec!["install", "--yes", "--no-install-recommends"];
    words.extend(missing);
    must_run(&mut apt_get(prefix, &words))
}

/// What to put before a command that needs root; `None` where there is no way.
fn way_to_root() -> Option<&'static [&'static str]> {
    in_path("apt-get")?;
    if postgres::is_root() {
        return Some(&[]);
    }
    let may_ask = std::io::stdin().is_terminal();
    (in_path("sudo").is_some() && (may_ask || succeeds(Command::new("sudo").args(["-n", "true"])))).then_some(&["sudo"])
}

fn apt_get(prefix: &[&str], words: &[&str]) -> Command {
    // `env` because sudo drops variables; without this one a package's question would wait for an answer.
    let mut line: Vec<&str> = prefix.to_vec();
    line.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]);
    line.extend(words);
    let mut command = Command::new(line[0]);
    command.args(&line[1..]);
    command
}

/// What Python brings, from PyPI, in an environment of its own.
pub struct Python {
    pub schemathesis: PathBuf,
    /// The interpreter, which has `standardwebhooks`.
    pub interpreter: PathBuf,
}

/// schemathesis and standardwebhooks.
pub fn python(install: Install) -> Result<Python, String> {
    let name = format!("python-{SCHEMATHESIS_VERSION}-{STANDARDWEBHOOKS_VERSION}");
    let folder = chores_folder().join(name);
    let python = Python { schemathesis: folder.join("bin/schemathesis"), interpreter: folder.join("bin/python") };
    // Written last, so that an installation that was cut off is done again.
    let complete = folder.join("complete");
    if complete.is_file() && python.schemathesis.is_file() {
        return Ok(python);
    }
    if install == Install::Nothing {
        return Err(format!(
            "schemathesis and standardwebhooks are missing: python3 -m venv {0} && {0}/bin/pip install {1} \
             && touch {0}/complete",
            folder.display(),
            wanted().join(" ")
        ));
    }
    make_environment(&folder)?;
    fs::write(&complete, "").map_err(|error| format!("cannot write {}: {error}", complete.display()))?;
    Ok(python)
}

fn wanted() -> [String; 2] {
    [format!("schemathesis=={SCHEMATHESIS_VERSION}"), format!("standardwebhooks=={STANDARDWEBHOOKS_VERSION}")]
}

/// axe-core in a folder of its own, from npm; its script. Only tests read it, nothing of it is shipped.
pub fn axe(install: Install) -> Result<PathBuf, String> {
    let folder = chores_folder().join(format!("axe-core-{AXE_VERSION}"));
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if script.is_file() {
        return Ok(script);
    }
    let wanted = format!("axe-core@{AXE_VERSION}");
    let words = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
    if install == Install::Nothing {
        let words = words.join(" ");
        return Err(format!("axe-core is missing: mkdir -p {0} && npm {words} {0} {wanted}", folder.display()));
    }
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    must_run(Command::new("npm").args(words).arg(&folder).arg(&wanted))?;
    Ok(script)
}

/// Baileys in a folder of its own, from npm: a linked device by other hands, for the fake WhatsApp; the folder. Of what it
/// only needs for pictures and previews nothing is fetched.
pub fn baileys(install: Install) -> Result<PathBuf, String> {
    let folder = chores_folder().join(format!("baileys-{BAILEYS_VERSION}"));
    if folder.join("node_modules/baileys/lib/index.js").is_file() && folder.join("node_modules/pino").is_dir() {
        return Ok(folder);
    }
    let wanted = format!("baileys@{BAILEYS_VERSION}");
    let words = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"];
    let without = ["--omit=dev", "--omit=optional", "--omit=peer", "--prefix"];
    if install == Install::Nothing {
        let words = [&words[..], &without].concat().join(" ");
        return Err(format!("Baileys is missing: mkdir -p {0} && npm {words} {0} {wanted}", folder.display()));
    }
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    must_run(Command::new("npm").args(words).args(without).arg(&folder).arg(&wanted))?;
    Ok(folder)
}

fn make_environment(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    must_run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let pip = folder.join("bin/pip");
    must_run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(wanted()))
}
