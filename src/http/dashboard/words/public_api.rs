//! Words of the page Public API.

use maud::{Markup, Render, html};

pub const HOW_AN_END_IS_GIVEN: &str = "30d, 12h, or the last day on which it is good, as 2027-01-31. Empty: never.";
pub const MESSAGE: &str = "Message ";
pub const ITS_WAY: &str = "Its way";
pub const EVENTS_AND_WEBHOOKS: &str = "Events and webhooks";
pub const EVENTS: &str = "Events";
pub const UNKNOWN: &str = "Unknown";
pub const GIVE_A_WHOLE_NUMBER: &str = "Give a whole number, as 400,000, or leave it empty";
pub const THIS_WORKSPACE_IS_GONE: &str = "This workspace is gone";
pub const THE_OPERATOR_OF_THIS: &str =
    "The operator of this server decides what a workspace may use. Say what you need and why.";
pub const WHAT_YOU_NEED: &str = "What you need";
pub const LEAVE_EMPTY_WHAT_IS: &str = "Leave empty what is enough";
pub const API_CALLS_A_CYCLE: &str = "API calls a cycle";
pub const MASS_SENDING_CREDITS_A: &str = "Mass-sending credits a cycle";
pub const CALLS_A_MINUTE: &str = "Calls a minute";
pub const WHY: &str = "Why";
pub const WHAT_YOU_SEND_TO: &str = "What you send, to whom, and since when it isn't enough.";
pub const SEND_THE_REQUEST: &str = "Send the request";
pub const YOUR_REQUESTS: &str = "Your requests";
pub const THE_OPERATOR_HAS_IT: &str = "The operator has it on their screen.";
pub const THE_OPERATOR: &str = "The operator: ";
pub const WAITING_FOR_THE_OPERATOR: &str = "Waiting for the operator";
pub const GRANTED: &str = "Granted";
pub const DECLINED: &str = "Declined";
pub const LOG: &str = "Log";
pub const THE_LAST_10_000: &str = "The last 10,000 calls, newest first";
pub const LIVE: &str = ", live";
pub const DOWNLOAD_LOG: &str = "Download log";
pub const CSV: &str = "CSV";
pub const OF_WHAT_IS_FILTERED: &str = " of what is filtered";
pub const NDJSON: &str = "NDJSON";
pub const FILTER_THE_LOG: &str = "Filter the log";
pub const OUTCOME: &str = "Outcome";
pub const STATUS: &str = "Status";
pub const METHOD: &str = "Method";
pub const TOKEN: &str = "Token";
pub const PATH: &str = "Path";
pub const TEXT: &str = "Text";
pub const FROM: &str = "From";
pub const UNTIL: &str = "Until";
pub const FILTER: &str = "Filter";
pub const SHOW_ALL: &str = "Show all";
pub const ALL: &str = "All";
pub const NO_CALLS_YET: &str = "No calls yet";
pub const RUN_ONE_OF_THE: &str = "Run one of the examples above; its call appears here.";
pub const NO_CALL_FITS: &str = "No call fits";
pub const OF_THE_LAST_10: &str = "Of the last 10,000. ";
pub const TIME: &str = "Time";
pub const TOOK: &str = "Took";
pub const PAGES_OF_THE_LOG: &str = "Pages of the log";
pub const NEWEST: &str = "Newest";
pub const OLDER: &str = "Older";
pub const CLOSE_DETAILS: &str = "Close details";
pub const AT: &str = "At";
pub const REQUEST: &str = "Request";
pub const TIMES: &str = "Times";
pub const IGNORED: &str = "Ignored";
pub const NOT_A_FIELD: &str = " (not a field)";
pub const SENT_TO_US: &str = "Sent to us";
pub const WHAT_IT_CAUSED: &str = "What it caused";
pub const NO_MESSAGE: &str = "No message.";
pub const SEND_AND_READ_WHATSAPP: &str =
    "Send and read WhatsApp messages from your own systems. Every call is counted, logged and explained below.";
pub const API_DOCUMENTATION: &str = "API Documentation";
pub const SWAGGER: &str = "Swagger";
pub const GENERATE_NEW_TOKEN: &str = "Generate New Token";
pub const PYTHON: &str = "Python";
pub const RUST: &str = "Rust";
pub const SEND_A_FIRST_MESSAGE: &str = "Send a first message";
pub const GENERATE_A_TOKEN_AND: &str = "Generate a token, and it stands in these examples, ready to run.";
pub const A_FRESH_TOKEN_STANDS: &str =
    "A fresh token stands in these examples by itself; put yours where YOUR_TOKEN is.";
pub const LANGUAGE_OF_THE_EXAMPLE: &str = "Language of the example";
pub const A_NODE_TO_PASTE: &str = "A node to paste into a workflow";
pub const COPY: &str = "Copy";
pub const COPIED: &str = "Copied";
pub const CHOOSE_ONE_OF_THE: &str = "Choose one of the scopes in the list";
pub const EVERYTHING: &str = "Everything";
pub const READ_ONLY: &str = "Read only";
pub const SEND_ONLY: &str = "Send only";
pub const NAME: &str = "Name";
pub const WHICH_SYSTEM_WILL_USE: &str = "Which system will use it? Shown in the log beside every call.";
pub const SCOPE: &str = "Scope";
pub const WHAT_IT_MAY_DO: &str = "What it may do. Less is safer where less is enough.";
pub const LIMITS: &str = "Limits";
pub const ENDS: &str = "Ends";
pub const ONLY_FROM_THESE_NETWORKS: &str = "Only from these networks";
pub const AS_203_0_113: &str = "As 203.0.113.0/24, with commas between several. Empty: from anywhere.";
pub const ANSWER_A_SEND_THAT: &str = "Answer a send that repeats another within a minute as that one was";
pub const CANCEL: &str = "Cancel";
pub const GENERATE: &str = "Generate";
pub const A_NEW_TOKEN: &str = "A new token";
pub const NEW: &str = "New";
pub const THE_TOKEN: &str = "The token";
pub const THIS_IS_THE_ONLY: &str = "This is the only time it is shown.";
pub const CLICK_IT_TO_COPY: &str = "Click it to copy. After you leave this page only its first letters stay.";
pub const RUN_IT_THEN_LOOK: &str = "Run it, then look at the log below.";
pub const DONE_HIDE_THE_TOKEN: &str = "Done, hide the token";
pub const MADE: &str = "Made";
pub const LAST_USED: &str = "Last used";
pub const TOKENS: &str = "Tokens";
pub const NO_TOKEN_YET: &str = "No token yet";
pub const YOUR_OWN_SYSTEMS_CALL: &str = "Your own systems call the API with one. Generate it above; it is shown once.";
pub const CALLS_THIS_CYCLE: &str = "Calls this cycle";
pub const ACTIONS: &str = "Actions";
pub const ENDED_TOKENS: &str = "Ended tokens";
pub const CALLS: &str = "Calls";
pub const CHANGE: &str = "Change";
pub const SHOW_ITS_CALLS: &str = "Show its calls";
pub const THE_OLD_ONE_STAYS: &str = "The old one stays good for 24 hours";
pub const ROTATE: &str = "Rotate";
pub const REVOKE: &str = "Revoke";
pub const SANDBOX_ONLY: &str = "Sandbox only";
pub const REPEATS_COLLAPSE: &str = "Repeats collapse";
pub const THIS_CYCLE: &str = "This cycle";
pub const API_CALLS: &str = "API calls";
pub const API_CALLS_PER_DAY: &str = "API calls per day";
pub const MASS_SENDING_CREDITS: &str = "Mass-sending credits";
pub const CREDITS_PER_DAY: &str = "Credits per day";
pub const RATE: &str = "Rate ";
pub const USED: &str = "used";
pub const AT_THIS_PACE_ALL: &str = "At this pace all are used on ";
pub const BEFORE_THE_RESET: &str = ", before the reset.";
pub const NONE_SO_FAR_IN: &str = "None so far in this cycle.";
pub const TOO_EARLY_FOR_A_FORECAST: &str = "too early for a forecast";

pub fn event(at: &dyn Render, seq: &dyn Render) -> Markup {
    html! { (at) ", event " (seq) }
}

pub fn forgotten_event(seq: &dyn Render) -> Markup {
    html! { "event " (seq) ", which the log has forgotten" }
}

pub fn in_a_hurry_write(reach: &dyn Render) -> Markup {
    html! { "In a hurry? Write to " (reach) " as well." }
}

pub fn answered(answered_at: &dyn Render) -> Markup {
    html! { "Answered " (answered_at) "." }
}

pub fn calls(len: &dyn Render) -> Markup {
    html! { (len) " calls" }
}

pub fn folded_into_this_row(repeats: &dyn Render) -> Markup {
    html! { (repeats) ", folded into this row" }
}

pub fn made(scope_title: &dyn Render, made: &dyn Render) -> Markup {
    html! { (scope_title) " · made " (made) }
}

pub fn active(len: &dyn Render) -> Markup {
    html! { (len) " active" }
}

pub fn expired(expires_at: &dyn Render) -> Markup {
    html! { "expired " (expires_at) }
}

pub fn revoked(revoked_at: &dyn Render) -> Markup {
    html! { "revoked " (revoked_at) }
}

pub fn good_until(expires_at: &dyn Render) -> Markup {
    html! { "Good until " (expires_at) }
}

pub fn only(accounts: &str) -> String {
    format!("Only {accounts}")
}

pub fn from(networks: &str) -> String {
    format!("From {networks}")
}

pub fn to_resets(day: &dyn Render, day_2: &dyn Render, ends_at: &dyn Render, place: &dyn Render) -> Markup {
    html! { (day) " to " (day_2) " · resets " (ends_at) ", " (place) }
}

pub fn of_in_the_last(rate_used: &dyn Render, rate_limit: &dyn Render) -> Markup {
    html! { (rate_used) " of " (rate_limit) " in the last minute" }
}

pub fn and_topped_up(more: &dyn Render) -> Markup {
    html! { ", and " (more) " topped up" }
}

pub fn left_of(left: &dyn Render, limit: &dyn Render) -> Markup {
    html! { (left) " left of " (limit) }
}

pub fn about_by_the_reset(forecast: &dyn Render) -> Markup {
    html! { "about " (forecast) " by the reset" }
}

pub fn used(name: &dyn Render) -> Markup {
    html! { (name) " used" }
}

pub fn today_so_far(grouped: &dyn Render) -> Markup {
    html! { "today, " (grouped) " so far" }
}

pub fn used_in_this_cycle(used: &str, limit: &str) -> String {
    format!("{used} of {limit} used in this cycle.")
}

pub fn a_minute_now(limit: &str) -> String {
    format!("{limit} a minute now.")
}

pub fn first_message_in(language: &str) -> String {
    format!("A first message to a sandbox contact, in {language}")
}

/// What a chart shows, for who can't see it.
pub fn chart(name: &str, total: &str, most: &str, today: &str) -> String {
    format!("{name}: {total} in this cycle, at most {most} on one day, {today} today")
}
