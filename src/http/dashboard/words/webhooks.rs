//! Words of the pages of webhooks.

use maud::{Markup, Render, html};

pub const SIGNED_BY_THE_OLD_SECRET: &str = "webhook-signature: by the secret before the last rotation";
pub const GIVE_A_DAY_AND: &str = "Give a day and a time, as 2027-01-31 09:00";
pub const MESSAGES: &str = "Messages";
pub const CHATS: &str = "Chats";
pub const CALLS: &str = "Calls";
pub const WHATSAPP_ACCOUNTS: &str = "WhatsApp accounts";
pub const THE_WORKSPACE: &str = "The workspace";
pub const OFFICIAL_ACCOUNTS: &str = "Official accounts";
pub const CHOOSE_ONE_OF_THE: &str = "Choose one of the events in the list";
pub const EVENT: &str = "Event";
pub const WHAT_IT_WANTS_TO: &str = "What it wants to hear; one webhook hears one event.";
pub const ADDRESS: &str = "Address";
pub const GETS_A_POST_WITH: &str = "Gets a POST with JSON and must answer 2xx within 5 seconds.";
pub const CANCEL: &str = "Cancel";
pub const ADD: &str = "Add";
pub const A_NEW_WEBHOOK: &str = "A new webhook";
pub const DELIVERED: &str = "Delivered";
pub const GIVEN_UP: &str = "Given up";
pub const WAITING: &str = "Waiting";
pub const RETRYING: &str = "Retrying";
pub const CLOSE_DETAILS: &str = "Close details";
pub const RESEND: &str = "Resend";
pub const ATTEMPTS: &str = "Attempts";
pub const HEADERS: &str = "Headers";
pub const BODY: &str = "Body";
pub const COPY: &str = "Copy";
pub const COPIED: &str = "Copied";
pub const AN_EXAMPLE_NOTHING_OF: &str = "An example; nothing of it happened.";
pub const IN_WORD: &str = ", in ";
pub const THIS_MESSAGE: &str = "this message";
pub const THIS_CHAT: &str = "this chat";
pub const NO_ANSWER: &str = "no answer";
pub const WHAT_WAS_ANSWERED: &str = "What was answered";
pub const NOW: &str = "now";
pub const YOUR_SYSTEMS_HEAR_WHAT: &str = "Your systems hear what happens: each event is posted to an address of yours, signed, tried again for three days where nobody answers, and kept here.";
pub const ADD_WEBHOOK: &str = "Add webhook";
pub const ADDRESSES: &str = "Addresses";
pub const NOBODY_LISTENS_YET: &str = "Nobody listens yet";
pub const ADD_THE_ADDRESS_OF: &str =
    "Add the address of a system of yours, and send it an example to see what it gets.";
pub const EVENT_AND_ADDRESS: &str = "Event and address";
pub const STATE: &str = "State";
pub const FAILED_24_H: &str = "Failed, 24 h";
pub const LAST_ANSWER: &str = "Last answer";
pub const ACTIONS: &str = "Actions";
pub const DELIVERIES: &str = "Deliveries";
pub const REPLAY_A_RANGE: &str = "Replay a range";
pub const PAUSE: &str = "Pause";
pub const RESUME: &str = "Resume";
pub const MORE: &str = "More";
pub const THE_OLD_SECRET_SIGNS: &str = "The old secret signs beside the new one for 24 hours.";
pub const ROTATE_THE_SECRET: &str = "Rotate the secret";
pub const WHAT_WAITS_IS_NOT: &str = "What waits is not delivered any more.";
pub const DELETE: &str = "Delete";
pub const SEND_AN_EXAMPLE: &str = "Send an example";
pub const NEW: &str = "New";
pub const SIGNING_SECRET: &str = "Signing secret";
pub const THE_SECRET: &str = "The secret";
pub const THIS_IS_THE_ONLY: &str = "This is the only time it is shown.";
pub const YOUR_RECEIVER_VERIFIES_WITH: &str =
    "Your receiver verifies with it that a request is ours, by any library of Standard Webhooks. ";
pub const HOW_TO_VERIFY: &str = "How to verify";
pub const SWITCHED_OFF_BY_PARTYLINE: &str = "Switched off by Partyline. ";
pub const HOW_IT_FARES: &str = "How it fares";
pub const MADE: &str = "Made";
pub const OLD_SECRET_SIGNS_UNTIL: &str = "Old secret signs until";
pub const REPLAYING: &str = "Replaying";
pub const ALL: &str = "All";
pub const FILTER_DELIVERIES: &str = "Filter deliveries";
pub const NOTHING_DELIVERED_YET: &str = "Nothing delivered yet";
pub const SEND_AN_EXAMPLE_OR: &str = "Send an example, or wait for the first ";
pub const NONE_OF_THESE: &str = "None of these";
pub const SHOW_ALL: &str = "Show all";
pub const TRIES: &str = "Tries";
pub const RESULT: &str = "Result";
pub const NEXT_TRY: &str = "Next try";
pub const NUMBER: &str = "Number";
pub const EXAMPLE: &str = "Example";
pub const PAGES_OF_DELIVERIES: &str = "Pages of deliveries";
pub const NEWEST: &str = "Newest";
pub const OLDER: &str = "Older";
pub const NOW_2: &str = "Now";
pub const EVERY: &str = "Every ";
pub const FROM: &str = "From";
pub const IN_THE_WORKSPACES_TIME: &str = "In the workspace's time zone.";
pub const UNTIL: &str = "Until";
pub const EMPTY_UNTIL_NOW: &str = "Empty: until now.";
pub const REPLAY: &str = "Replay";
pub const NONE_TRIED: &str = "None tried";
pub const NONE_YET: &str = "None yet";
pub const SWITCHED_OFF: &str = "Switched off";
pub const PAUSED: &str = "Paused";
pub const WAITING_FOR_ITS_FIRST: &str = "Waiting for its first event";
pub const HEALTHY: &str = "Healthy";

pub fn event_which_the_log(seq: &dyn Render) -> Markup {
    html! { "Event " (seq) ", which the log doesn't keep any more" }
}

pub fn event(seq: &dyn Render) -> Markup {
    html! { "Event " (seq) }
}

pub fn try_words(ordinal: &dyn Render) -> Markup {
    html! { (ordinal) " try: " }
}

pub fn after(took: &dyn Render) -> Markup {
    html! { "after " (took) }
}

pub fn at(next_at: &dyn Render) -> Markup {
    html! { "at " (next_at) }
}

pub fn try_words_2(ordinal: &dyn Render) -> Markup {
    html! { (ordinal) " try " }
}

pub fn up_to_more_follow(more: &dyn Render) -> Markup {
    html! { "Up to " (more) " more follow, over three days." }
}

pub fn of_words(len: &dyn Render, it: &dyn Render) -> Markup {
    html! { (len) " of " (it) }
}

pub fn webhook(id: &dyn Render) -> Markup {
    html! { " webhook " (id) }
}

pub fn test(it: &dyn Render) -> Markup {
    html! { "Test" (it) }
}

pub fn pause(it: &dyn Render) -> Markup {
    html! { "Pause" (it) }
}

pub fn resume(it: &dyn Render) -> Markup {
    html! { "Resume" (it) }
}

pub fn kept_for_days(kept_days: &dyn Render) -> Markup {
    html! { "Kept for " (kept_days) " days" }
}

pub fn mend_the_receiver_then(disabled_reason: &dyn Render) -> Markup {
    html! { (disabled_reason) " Mend the receiver, then resume; what was missed can be replayed." }
}

pub fn event_to(replay_next: &dyn Render, replay_last: &dyn Render) -> Markup {
    html! { "event " (replay_next) " to " (replay_last) }
}

pub fn shown(len: &dyn Render) -> Markup {
    html! { (len) " shown" }
}

pub fn of_that_time_is(kept_days: &dyn Render) -> Markup {
    html! { " of that time is delivered, also what was delivered before, under the same id. Events are kept for " (kept_days) " days." }
}

pub fn of_attempts(attempts: &dyn Render) -> Markup {
    html! { " of " (attempts) " attempts" }
}

pub fn failing_in_a_row(in_a_row: &dyn Render) -> Markup {
    html! { "Failing, " (in_a_row) " in a row" }
}

pub fn no_answer_in(time: &str) -> String {
    format!("No answer in {time}")
}
