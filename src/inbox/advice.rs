//! What to do about the failures that WhatsApp tells by a number.

/// What somebody can do about a message that failed with this code.
pub const fn advice(code: Option<i64>) -> &'static str {
    match code {
        Some(131_026) => "Check the number: it is not on WhatsApp, or can't be reached from this account",
        Some(131_047) => "Send an approved template: the contact has not written within the last 24 hours",
        Some(131_048) => "Send less for a while: WhatsApp takes what the account sends for spam",
        Some(131_049) => "Leave this contact alone for a day: WhatsApp held the message back so that they get fewer",
        Some(131_052 | 131_053) => "Upload the file again, in a type and size that WhatsApp takes",
        Some(131_056) => "Wait some minutes before writing to this contact again: too much was sent to them at once",
        Some(130_429 | 80_007 | 4) => "Send more slowly, then send it again: the account was over WhatsApp's rate",
        Some(130_472) => "Leave this contact out: they are in an experiment of WhatsApp that blocks such messages",
        Some(131_031 | 368) => "Look into WhatsApp Manager: the account is locked or restricted",
        Some(131_051) => "Send it as another type: WhatsApp doesn't take this one",
        Some(132_000..=132_016) => "Correct the template or its variables, then send it again",
        Some(463) => "Write first to people who know the account: WhatsApp holds back its first contacts",
        Some(0 | 190) => "Give the account a new token, then send it again",
        Some(131_000) => "Send it again: WhatsApp had a fault of its own",
        _ => "Read why, correct what is named there, then send it again",
    }
}
