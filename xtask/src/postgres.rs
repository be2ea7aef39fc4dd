//! A PostgreSQL server that lives as long as the chore that needs it.
//!
//! Its data lies in a folder of its own, it listens on a free loopback port only, and it ends on every way out: `Drop` stops
//! it when the chore returns or panics, and should the chore be killed, even with SIGKILL, the kernel delivers the signal
//! that stops it (`setpriv --pdeathsig`). It keeps fsync on: tests ask what survives a crash.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo::{chores_folder, forget_this_package};
use crate::install::{self, Install};
use crate::steps::{must_run, output_of, status_of, succeeds};

pub const ADDRESS_VARIABLE: &str = "PARTYLINE_TEST_POSTGRES";

const READY_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(15);
const POLL_EVERY: Duration = Duration::from_millis(50);
/// Between asking for a free port and listening on it, somebody else may take it.
const START_ATTEMPTS_MAX: u32 = 3;
/// Tests run beside one another, each with a pool of its own; PostgreSQL's default is 100.
const CONNECTIONS_MAX: u32 = 200;
/// Who the server runs as when we are root, which it refuses to be. Debian's package makes this user.
const SERVER_USER: &str = "postgres";

/// `cargo xtask postgres -- COMMAND`.
pub fn run_with(install: Install, command: &[String]) -> Result<ExitCode, String> {
    install::postgres(install)?;
    let server = Postgres::start()?;
    let mut program = dying_with_us("TERM");
    forget_this_package(&mut program);
    let status = status_of(program.arg("--").args(command).env(ADDRESS_VARIABLE, server.address()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

pub struct Postgres {
    process: Child,
    port: u16,
    /// Removed with the server, once it is ready; until then a further attempt may need it.
    folder: Option<PathBuf>,
}

impl Postgres {
    pub fn start() -> Result<Postgres, String> {
        let programs = programs().ok_or("PostgreSQL's `initdb` isn't installed")?;
        let folder = make_folder()?;
        match Self::start_in(&programs, &folder) {
            Ok(server) => Ok(server),
            Err(problem) => {
                remove(&folder);
                Err(problem)
            }
        }
    }

    fn start_in(programs: &Path, folder: &Path) -> Result<Postgres, String> {
        let data = folder.join("data");
        make_cluster(programs, &data)?;
        let mut problem = String::new();
        for _ in 0..START_ATTEMPTS_MAX {
            let port = free_port()?;
            let process = spawn_server(programs, folder, &data, port)?;
            let mut server = Postgres { process, port, folder: None };
            match server.wait_until_ready(programs) {
                Ok(()) => {
                    server.folder = Some(folder.to_owned());
                    return Ok(server);
                }
                Err(why) => problem = why,
            }
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        let from = log.char_indices().rev().nth(2000).map_or(0, |(at, _)| at);
        Err(format!("PostgreSQL didn't start: {problem}; the end of its log:\n{}", &log[from..]))
    }

    pub fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<(), String> {
        let begun = Instant::now();
        let port = self.port.to_string();
        while begun.elapsed() < READY_MAX {
            if let Some(status) = self.process.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("it ended at once ({status})"));
            }
            if succeeds(Command::new(programs.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port])) {
                return Ok(());
            }
            thread::sleep(POLL_EVERY);
        }
        Err(format!("it wasn't ready after {} s", READY_MAX.as_secs()))
    }

    /// SIGINT is PostgreSQL's fast shutdown: it ends connections and closes cleanly. Its id can't have become another
    /// process's: we are its parent and haven't collected it.
    fn stop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // `kill` the program is missing from small systems; the shell's own never is.
        let _ = Command::new("sh").args(["-c", "kill -INT \"$0\"", &self.process.id().to_string()]).status();
        let begun = Instant::now();
        while begun.elapsed() < STOP_MAX {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(POLL_EVERY);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        if let Some(folder) = &self.folder {
            remove(folder);
        }
    }
}

/// The folder with `initdb`, `postgres` and `pg_isready`: Debian keeps them out of PATH, one folder per major version.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .max();
    debian.map(|(_, bin)| bin).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
    })
}

fn make_cluster(programs: &Path, data: &Path) -> Result<(), String> {
    let mut initdb = as_server_user(&programs.join("initdb"), data.parent().unwrap_or(data));
    initdb.arg("--pgdata").arg(data).args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
    let version = output_of(Command::new(programs.join("initdb")).arg("--version"))?;
    if major_version(&version) >= 15 {
        // A language's order on purpose, as operators have it: a query that forgets COLLATE "C" shows here, not there.
        initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]);
    } else {
        initdb.arg("--locale=C.UTF-8");
    }
    must_run(initdb.stdout(Stdio::null()))
}

/// `initdb (PostgreSQL) 15.18 (Debian ..)` is 15.
fn major_version(line: &str) -> u32 {
    let number = line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    number.and_then(|word| word.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).unwrap_or(0)
}

fn spawn_server(programs: &Path, folder: &Path, data: &Path, port: u16) -> Result<Child, String> {
    let log = File::options().create(true).append(true).open(folder.join("log")).map_err(|error| error.to_string())?;
    let errors = log.try_clone().map_err(|error| error.to_string())?;
    let mut server = as_server_user(&programs.join("postgres"), folder);
    server.arg("-D").arg(data).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1".to_owned(),
        // No socket file: its path may hold 107 bytes only, and our folder may lie deep.
        "unix_socket_directories=".to_owned(),
        "fsync=on".to_owned(),
        format!("max_connections={CONNECTIONS_MAX}"),
    ] {
        server.arg("-c").arg(setting);
    }
    server.stdin(Stdio::null()).stdout(log).stderr(errors);
    server.spawn().map_err(|error| format!("cannot start PostgreSQL: {error}"))
}

/// A program of the server's, run as its user, that dies when this chore does.
fn as_server_user(program: &Path, folder: &Path) -> Command {
    let mut command = dying_with_us("INT");
    if is_root() {
        command.args([&format!("--reuid={SERVER_USER}"), &format!("--regid={SERVER_USER}"), "--init-groups"]);
    }
    command.arg("--").arg(program).current_dir(folder);
    // The operator's own settings for PostgreSQL's programs are not meant for this server.
    for name in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGOPTIONS"] {
        command.env_remove(name);
    }
    command
}

/// The beginning of a command line whose program gets this signal from the kernel when we die, however we do.
fn dying_with_us(signal: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]);
    command
}

pub fn is_root() -> bool {
    output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// A new empty folder the server's user may write: under `target/`, or, where that user can't reach it (root's home is
/// closed to others), under the system's folder for temporary files.
fn make_folder() -> Result<PathBuf, String> {
    for parent in [chores_folder(), std::env::temp_dir().join("partyline-xtask")] {
        remove_left_behind(&parent);
        let folder = parent.join(format!("postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        if is_root() {
            must_run(Command::new("chown").arg(SERVER_USER).arg(&folder))?;
        }
        // Changing into the folder comes with starting the program, before the user changes: so ask by its full name.
        if succeeds(as_server_user(Path::new("test"), Path::new("/")).arg("-w").arg(&folder)) {
            return Ok(folder);
        }
        remove(&folder);
    }
    Err(format!("no folder for PostgreSQL's data that the user `{SERVER_USER}` can write"))
}

/// Removes folders of chores that were killed; their server was stopped by the kernel.
fn remove_left_behind(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix("postgres-")).and_then(|id| id.parse::<u32>().ok());
        if owner.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            remove(&entry.path());
        }
    }
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        eprintln!("xtask: cannot remove {}: {error}", folder.display());
    }
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn the_major_version_is_read_from_what_initdb_says() {
        assert_eq!(major_version("initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), 15);
        assert_eq!(major_version("initdb (PostgreSQL) 18beta1\n"), 18);
        assert_eq!(major_version("no number"), 0);
    }
}
