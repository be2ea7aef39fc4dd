//! Linking from a terminal: each step is drawn where the one before stood, and standard input answers what is asked. Whoever
//! breaks it off leaves nothing behind.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use qrcode::{Color, EcLevel, QrCode};
use tokio::signal::unix::{SignalKind, signal};

use super::{Out, unexpected};
use crate::accounts::passkey::{SITE, for_console};
use crate::cli::arguments::{By, LinkArguments};
use crate::control::reach::Reach;
use crate::control::view::LinkingView;
use crate::control::{Command, LinkingDeed, NewLink, Output};
use crate::failure::Failure;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Looks before it is given up; the server ends a linking sooner.
const LOOKS_MAX: usize = 3_000;
/// Bytes of an answer that is pasted in several lines.
const PASTED_MAX: usize = 16 * 1024;
/// Light modules around a code.
const QUIET: usize = 2;

pub fn link(reach: &mut Reach, given: LinkArguments, out: &mut Out) -> Result<(), Failure> {
    let (workspace, json) = (given.workspace.id.clone(), given.json);
    let link = link_of(given)?;
    let is_at_once = matches!(&link, NewLink::Sandbox { way, .. } if way.is_empty());
    if !is_at_once && !reach.has_server() {
        return Err(Failure::new(
            "Linking needs a running server on this data folder.\nTo fix it, start `partyline`, or link an account of the \
             sandbox at once with --sandbox",
        ));
    }
    // Before anything begins, so that whatever begins is cleaned up.
    let is_broken_off = interrupts()?;
    let begun = match reach.run(Command::AccountLink { workspace: workspace.clone(), link })? {
        Output::Linking(begun) => begun,
        other => return Err(unexpected(&other)),
    };
    let is_rich = out.style().is_rich() && !json;
    let follower =
        Follower { reach, workspace, account: begun.account, json, is_rich, lines: 0, pasted: String::new() };
    if is_at_once {
        return follower.ended(&begun, out);
    }
    follower.follow(&is_broken_off, &typed(), out)
}

fn link_of(given: LinkArguments) -> Result<NewLink, Failure> {
    let name = given.name.unwrap_or_default();
    Ok(match (given.again, given.sandbox, given.by) {
        (Some(_), _, Some(By::AtOnce)) | (None, false, Some(By::AtOnce)) => {
            return Err(Failure::usage("Only an account of the sandbox is linked at once; add --sandbox"));
        }
        (None, false, Some(By::Code)) if given.phone.is_none() => {
            return Err(Failure::usage("To link by a code, name the phone with --phone"));
        }
        (Some(phone), _, by) => NewLink::Again { phone, way: by.unwrap_or(By::Qr).as_str().to_owned() },
        (None, true, by) => NewLink::Sandbox { name, way: by.unwrap_or(By::AtOnce).as_str().to_owned() },
        (None, false, _) => NewLink::Phone { name, phone: given.phone },
    })
}

struct Follower<'r> {
    reach: &'r mut Reach,
    workspace: Option<String>,
    account: i64,
    json: bool,
    /// Whether a step is drawn in the place of the one before.
    is_rich: bool,
    /// Lines of the last drawing.
    lines: usize,
    /// The beginning of an answer.
    pasted: String,
}

impl Follower<'_> {
    /// Shows each step until it is over.
    fn follow(mut self, is_broken_off: &AtomicBool, typed: &Receiver<String>, out: &mut Out) -> Result<(), Failure> {
        let mut shown = None;
        for _ in 0..LOOKS_MAX {
            if is_broken_off.load(Ordering::Relaxed) {
                self.say(LinkingDeed::Cancel, out);
                return Err(Failure::new("Broken off; nothing was linked."));
            }
            let now = self.ask(LinkingDeed::Look)?;
            if now.is_over() {
                return self.ended(&now, out);
            }
            let step = Some((now.stage.clone(), now.shown.clone(), now.is_answered));
            if step != shown {
                shown = step;
                self.tell(&now, out);
            }
            match typed.recv_timeout(LOOK_EVERY) {
                Ok(line) => self.hear(&now, &line, out),
                Err(RecvTimeoutError::Timeout) => {}
                // Nothing will ever be typed.
                Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK_EVERY),
            }
        }
        Err(Failure::new("The linking took too long and is left to the server"))
    }

    fn ended(mut self, now: &LinkingView, out: &mut Out) -> Result<(), Failure> {
        if self.json {
            out.json_line(now);
        }
        if !now.reason.is_empty() {
            return Err(Failure::new(format!("Not linked. {}", now.reason)));
        }
        if !self.json {
            self.draw(&format!("{}\n", now.phone), out);
        }
        Ok(())
    }

    fn tell(&mut self, now: &LinkingView, out: &mut Out) {
        if self.json {
            return out.json_line(now);
        }
        let (drawing, words) = step(now);
        if self.is_rich {
            return self.draw(&format!("{drawing}{words}\n"), out);
        }
        out.text(&drawing);
        out.note(&words);
    }

    /// In the place of the last drawing, where that is possible.
    fn draw(&mut self, text: &str, out: &mut Out) {
        if self.is_rich && self.lines > 0 {
            out.text(&format!("\x1b[{}A\x1b[J", self.lines));
        }
        self.lines = text.lines().count();
        out.text(text);
    }

    /// What somebody typed at a step.
    fn hear(&mut self, now: &LinkingView, line: &str, out: &mut Out) {
        // It stands on the screen now.
        self.lines += 1;
        match (now.stage.as_str(), line.trim().to_lowercase().as_str()) {
            (_, "cancel") => self.say(LinkingDeed::Cancel, out),
            ("confirm", "y" | "yes" | "confirm") => {
                self.say(LinkingDeed::Confirm, out);
            }
            ("confirm", "n" | "no") => self.say(LinkingDeed::Cancel, out),
            ("passkey", _) => {
                self.pasted.push_str(line);
                let is_whole = serde_json::from_str::<serde_json::Value>(&self.pasted).is_ok();
                if is_whole || self.pasted.len() > PASTED_MAX {
                    let assertion = std::mem::take(&mut self.pasted);
                    self.say(LinkingDeed::Answer(assertion), out);
                }
            }
            _ => {}
        }
    }

    /// Tells the server; where it refuses, the step goes on and says why.
    fn say(&mut self, deed: LinkingDeed, out: &mut Out) {
        if let Err(failure) = self.ask(deed) {
            self.lines += 1;
            out.note(&failure.message);
        }
    }

    fn ask(&mut self, deed: LinkingDeed) -> Result<LinkingView, Failure> {
        let command = Command::AccountLinking { workspace: self.workspace.clone(), account: self.account, deed };
        match self.reach.run(command)? {
            Output::Linking(now) => Ok(now),
            other => Err(unexpected(&other)),
        }
    }
}

/// What a step shows, and the words to it.
fn step(now: &LinkingView) -> (String, String) {
    let words = match now.stage.as_str() {
        "qr" => {
            let words = "On the phone: WhatsApp, Linked devices, Link a device. The code renews itself";
            return (drawn(&now.shown), format!("{words}; this is {} of {}.", now.round, now.rounds));
        }
        "code" => {
            let words =
                "Type it on the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead.";
            return (format!("{}\n", now.shown), words.to_owned());
        }
        "passkey" | "confirm" if now.is_answered => "Handed in; waiting for WhatsApp.".to_owned(),
        "passkey" => {
            let Some(line) = for_console(&now.shown) else {
                return (
                    format!("{}\n", now.shown),
                    "WhatsApp asks for a passkey, in a form that is not known.".to_owned(),
                );
            };
            let words = format!(
                "WhatsApp asks for the passkey of this number, and only a browser on its own site can answer. Open {SITE} in \
                 a browser that has the passkey, or can ask the phone for it; open the console of its developer tools; paste \
                 the line above. It copies the answer: paste that here, then Enter."
            );
            return (format!("{line}\n"), words);
        }
        "confirm" => {
            return (format!("{}\n", now.shown), "Does the phone show the same code? Type yes or no.".to_owned());
        }
        _ => "Asking WhatsApp for a code.".to_owned(),
    };
    (String::new(), words)
}

/// Lines of standard input, until it ends.
fn typed() -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Set once somebody breaks it off: Ctrl-C, or a signal to end.
fn interrupts() -> Result<Arc<AtomicBool>, Failure> {
    let trouble = |error: std::io::Error| Failure::new(format!("Signals can't be heard: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(trouble)?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt()).map_err(trouble)?, signal(SignalKind::terminate()).map_err(trouble)?)
    };
    let is_broken_off = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_broken_off);
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            told.store(true, Ordering::Relaxed);
        });
    });
    Ok(is_broken_off)
}

/// Two rows of modules in one line of text. Light on dark terminals stays light: phones read either.
fn drawn(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return format!("{text}\n") };
    let (width, colors) = (code.width(), code.to_colors());
    let is_dark = |x: usize, y: usize| {
        let inside = (QUIET..width + QUIET).contains(&x) && (QUIET..width + QUIET).contains(&y);
        inside && colors[(y - QUIET) * width + x - QUIET] == Color::Dark
    };
    let mut lines = String::new();
    for y in (0..width + 2 * QUIET).step_by(2) {
        for x in 0..width + 2 * QUIET {
            lines.push(match (is_dark(x, y), is_dark(x, y + 1)) {
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            });
        }
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_within_light_and_two_rows_a_line() {
        let code = drawn("sandbox@1,2,3,1");
        let lines: Vec<&str> = code.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width), "{code}");
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|one| one == '█'), "a quiet edge");
    }

    #[test]
    fn the_passkey_step_says_how_a_browser_answers() {
        let asked = LinkingView {
            account: 1,
            phone: String::new(),
            stage: "passkey".to_owned(),
            shown: "{\"challenge\":\"abc\"}".to_owned(),
            round: 0,
            rounds: 0,
            until_ms: 0,
            is_answered: false,
            reason: String::new(),
        };
        let (line, words) = step(&asked);
        assert!(line.contains("navigator.credentials.get") && line.contains("\"challenge\":\"abc\""), "{line}");
        assert!(words.contains(SITE), "{words}");
        assert!(step(&LinkingView { is_answered: true, ..asked }).1.contains("waiting"));
    }
}
