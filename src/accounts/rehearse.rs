//! Rehearsals on a sandbox account: what its line goes through, and what the phone does that is being linked. They plan what
//! the sandbox then tells, so all that follows is what follows with a real number.

use std::time::Duration;

use transport::{Kind, Quality};
use uuid::Uuid;

use crate::accounts::linking::{Stage, ongoing};
use crate::error::Error;
use crate::id::AccountId;
use crate::store::Write;
use crate::store::sandbox::SandboxOf;
use crate::transports::sandbox::line::{LinePlay, LinkPlay, play_line, play_link};

/// How long a rehearsed state lasts where nobody says.
const SPAN: Duration = Duration::from_secs(60);
pub const SPAN_SECONDS_MAX: i64 = 7 * 86_400;

/// Something to rehearse, by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    Line(LinePlay),
    Link(LinkPlay),
}

/// The words, in the order in which screens offer them. Those of the second list are for a linking that goes on.
pub const LINE_WORDS: [&str; 11] = [
    "connected",
    "reconnecting",
    "held",
    "limited",
    "banned",
    "logged_out",
    "token_invalid",
    "unusable",
    "quality_high",
    "quality_medium",
    "quality_low",
];
pub const LINK_WORDS: [&str; 4] = ["scan", "scan_with_passkey", "refuse", "let_expire"];

impl Scene {
    /// `span` counts for the states that end by themselves: a minute if left out.
    pub fn parse(word: &str, span: Option<Duration>) -> Option<Scene> {
        let span = span.unwrap_or(SPAN);
        Some(match word {
            "connected" => Scene::Line(LinePlay::Connected),
            "reconnecting" => Scene::Line(LinePlay::Reconnecting(span)),
            "held" => Scene::Line(LinePlay::Held(span)),
            "limited" => Scene::Line(LinePlay::Limited(span)),
            "banned" => Scene::Line(LinePlay::Banned(span)),
            "logged_out" => Scene::Line(LinePlay::LoggedOut),
            "token_invalid" => Scene::Line(LinePlay::TokenInvalid),
            "unusable" => Scene::Line(LinePlay::Unusable),
            "quality_high" => Scene::Line(LinePlay::Quality(Quality::High)),
            "quality_medium" => Scene::Line(LinePlay::Quality(Quality::Medium)),
            "quality_low" => Scene::Line(LinePlay::Quality(Quality::Low)),
            "scan" => Scene::Link(LinkPlay::Take),
            "scan_with_passkey" => Scene::Link(LinkPlay::TakeWithPasskey),
            "refuse" => Scene::Link(LinkPlay::Refuse),
            "let_expire" => Scene::Link(LinkPlay::LetExpire),
            _ => return None,
        })
    }
}

/// Plays a scene on a sandbox account, or on a number of it that is being linked. `id` is one of ours, for the rows.
///
/// # Errors
/// `not_found` where nothing is being linked; `validation_error` where that is past its codes, or is no sandbox's.
pub fn rehearse(write: &mut Write<'_, '_>, account: AccountId, scene: Scene, id: Uuid) -> Result<SandboxOf, Error> {
    let of = SandboxOf { workspace: write.workspace.id, account };
    let now = write.now;
    match scene {
        Scene::Line(play) => play_line(write.tx, of, play, id, now)?,
        Scene::Link(play) => {
            let row = ongoing(write, account)?;
            if row.transport != Kind::Sandbox {
                return Err(Error::invalid("scene", "Only the linking of a sandbox account can be rehearsed"));
            }
            if !matches!(Stage::of(&row), Stage::Qr | Stage::Code) {
                return Err(Error::invalid("scene", "The phone has nothing to scan or to type at this step"));
            }
            play_link(write.tx, of, play, id, now)?;
        }
    }
    Ok(of)
}
