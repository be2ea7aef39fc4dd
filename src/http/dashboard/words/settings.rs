//! Words of the workspace's settings.

use maud::{Markup, Render, html};

pub const WORKSPACE_SETTINGS: &str = "Workspace settings";
pub const GIVE_A_DAY_AS: &str = "Give a day, as 2027-01-31";
pub const NAME: &str = "Name";
pub const AS_YOUR_TEAM_AND: &str = "As your team and your systems see it.";
pub const WHAT_HOLDS_FOR_EVERYBODY: &str = "What holds for everybody who works here.";
pub const NAME_AND_TIME: &str = "Name and time";
pub const SENDING_AND_KEEPING: &str = "Sending and keeping";
pub const MEAN_PAUSE_BETWEEN_SENDS: &str = "Mean pause between sends of one number, ms";
pub const A_PERSON_PAUSES_SO: &str =
    "A person pauses, so a number that a phone is linked to does. 0 to 600,000; an account may have its own.";
pub const DAYS_THAT_EVENTS_AND: &str = "Days that events and deliveries are kept";
pub const AND_WHAT_BEFELL_MESSAGES: &str =
    "And what befell messages on their way. 7 to 400; messages and their statuses stay for good.";
pub const SAVE: &str = "Save";
pub const A_DAY_ON_WHICH: &str = "A day on which a cycle begins";
pub const EACH_MONTH_HAS_A: &str =
    "Each month has a cycle of calls and credits from this day on. One that has begun keeps its end.";

pub fn workspace(id: &dyn Render) -> Markup {
    html! { "Workspace " (id) }
}
