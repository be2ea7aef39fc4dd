//! What each way to WhatsApp can do, known without an account of it: the rest is refused before anything is accepted.

use crate::Kind;

/// What a transport can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The id chosen at acceptance is the id on the wire: sending again is safe, the recipient sees one message.
    pub fixed_message_id: bool,
    pub groups: bool,
    pub files: bool,
    /// A file of kind voice arrives as a voice note; else as an audio file.
    pub voice_notes: bool,
    pub reactions: bool,
    /// A message may name the one that it answers.
    pub replies: bool,
    /// What was sent can be changed.
    pub edits: bool,
    /// What was sent can be taken back.
    pub revokes: bool,
    /// The contact can be shown that their messages were read, and that somebody writes.
    pub marks: bool,
    /// It can tell whether a number is on WhatsApp.
    pub number_checks: bool,
    /// Templates that WhatsApp has approved can be sent.
    pub templates: bool,
    /// Hours after the contact's last message in which free text may be sent; `None` where there is no such window.
    pub service_window_hours: Option<u32>,
    /// Longest text in characters.
    pub text_chars_max: u32,
    /// Whether sends need pacing, because the number of a person is behind it.
    pub paced: bool,
    /// Messages that a number may send in a second, where WhatsApp says nothing else of it; `None`: as fast as it goes.
    pub sends_per_second: Option<u32>,
}

impl Capabilities {
    /// What a kind of transport can do.
    pub const fn of(kind: Kind) -> Capabilities {
        match kind {
            Kind::Sandbox => Capabilities { paced: false, ..PHONE },
            Kind::Web => PHONE,
            Kind::Cloud => Capabilities {
                // Meta gives the ids.
                fixed_message_id: false,
                groups: false,
                edits: false,
                revokes: false,
                number_checks: false,
                templates: true,
                service_window_hours: Some(24),
                text_chars_max: 4_096,
                paced: false,
                sends_per_second: Some(80),
                ..PHONE
            },
        }
    }
}

/// What a person's phone can do.
const PHONE: Capabilities = Capabilities {
    fixed_message_id: true,
    groups: true,
    files: true,
    voice_notes: true,
    reactions: true,
    replies: true,
    edits: true,
    revokes: true,
    marks: true,
    number_checks: true,
    templates: false,
    service_window_hours: None,
    text_chars_max: 65_536,
    paced: true,
    sends_per_second: None,
};
