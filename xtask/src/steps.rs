//! Named steps with their durations, so that a slow one can be seen.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Runs one step and remembers how long it took, whether it went well or not.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        eprintln!("xtask: {name} ...");
        let begun = Instant::now();
        let outcome = work();
        self.done.push((name.to_owned(), begun.elapsed()));
        outcome
    }

    pub fn print(&self) {
        eprintln!("xtask: time per step");
        for (name, took) in &self.done {
            eprintln!("  {:>8.1} s  {name}", took.as_secs_f64());
        }
    }
}

/// Runs a program to its end with this terminal as its own; anything but success is an error that names it.
pub fn must_run(command: &mut Command) -> Result<(), String> {
    let status = status_of(command)?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", words_of(command))) }
}

pub fn status_of(command: &mut Command) -> Result<ExitStatus, String> {
    command.status().map_err(|error| cannot_start(command, &error))
}

/// What a program printed on its standard output; its errors go to this terminal.
pub fn output_of(command: &mut Command) -> Result<String, String> {
    let output =
        command.stderr(std::process::Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", words_of(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{}` printed something that isn't UTF-8", words_of(command)))
}

/// Whether a program exists and ends well; what it prints is thrown away.
pub fn succeeds(command: &mut Command) -> bool {
    use std::process::Stdio;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

fn cannot_start(command: &Command, error: &io::Error) -> String {
    format!("cannot start `{}`: {error}", words_of(command))
}

fn words_of(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
