//! Words of the page WhatsApp accounts.

use maud::{Markup, Render, html};

pub const CHOOSE_ONE_OF_THE: &str = "Choose one of the scenes in the list";
pub const SANDBOX_NOTHING_LEAVES_THIS: &str = "Sandbox, nothing leaves this server";
pub const BY_A_PHONE: &str = "Linked device";
pub const CLOUD_API: &str = "Cloud API";
pub const GO_ON_LINKING: &str = "Go on linking";
pub const LINK_AGAIN: &str = "Link again";
pub const TRY_AGAIN: &str = "Try again";
pub const WAITING_TO_GO: &str = "Waiting to go";
pub const NOTHING: &str = "Nothing";
pub const MESSAGE: &str = " message";
pub const MESSAGES: &str = " messages";
pub const TO_PEOPLE_WHO_NEVER: &str = "To people who never wrote";
pub const QUALITY: &str = "Quality";
pub const MESSAGING_LIMIT: &str = "Messaging limit";
pub const ANY_NUMBER_OF_PEOPLE: &str = "Any number of people a day may be written to first";
pub const AT_MOST: &str = "At most";
pub const PAUSE_BETWEEN_SENDS: &str = "Pause between sends";
pub const AS_THE_WORKSPACE_HAS: &str = "As the workspace has it";
pub const LINKED: &str = "Linked";
pub const UNLINKED: &str = "Unlinked";
pub const NO_CAP: &str = "No cap";
pub const NAME: &str = "Name";
pub const RENAME: &str = "Rename";
pub const PACING_AND_CAPS: &str = "Pacing and caps";
pub const NEW_TOKEN: &str = "New token";
pub const REHEARSE: &str = "Rehearse";
pub const UNLINK: &str = "Unlink";
pub const NOTHING_GOES_OR_COMES: &str =
    "Nothing goes or comes by this number any more. Its chats stay; what waits goes once it is linked again.";
pub const UNLINK_IT_NOW: &str = "Unlink it now";
pub const MEAN_PAUSE_BETWEEN_SENDS: &str = "Mean pause between sends, ms";
pub const EMPTY_AS_THE_WORKSPACE: &str = "Empty: as the workspace has it.";
pub const A_DAY_TO_PEOPLE: &str = "A day to people who never wrote";
pub const EMPTY_AS_USUAL_FOR: &str = "Empty: as usual for its kind. 0: no cap.";
pub const DAYS_TO_WARM_UP: &str = "Days to warm up";
pub const THE_CAP_GROWS_OVER: &str = "The cap grows over these, from linking on.";
pub const WHAT_IS_ABOVE_THE: &str = "What is above the cap is accepted, waits for a day with room, and says which.";
pub const SAVE: &str = "Save";
pub const WHAT_BEFALLS_THIS_NUMBER: &str = "What befalls this number, for a minute";
pub const REHEARSE_IT: &str = "Rehearse it";
pub const NEW: &str = "New";
pub const THE_TOKEN_IS_GOOD: &str = "The token is good. Now Meta has to know where to tell what comes in: in the app's settings, WhatsApp, Configuration, enter these two and subscribe to the field ";
pub const CALLBACK_URL: &str = "Callback URL";
pub const THE_CALLBACK_URL: &str = "The callback URL";
pub const VERIFY_TOKEN: &str = "Verify token";
pub const THE_VERIFY_TOKEN: &str = "The verify token";
pub const THIS_IS_THE_ONLY: &str = "This is the only time they are shown.";
pub const HOW_IT_GOES_ON: &str = "How it goes on";
pub const DONE_HIDE_THEM: &str = "Done, hide them";
pub const ADD_A_NUMBER_OF: &str = "Add a number of the Cloud API";
pub const META: &str = "Meta";
pub const A_NUMBER_THAT_YOUR: &str =
    "A number that your business has at Meta. The token is checked before anything is stored. ";
pub const WHERE_TO_FIND_ALL: &str = "Where to find all this";
pub const PHONE_NUMBER_ID: &str = "Phone number ID";
pub const FROM_THE_APPS_SETTINGS: &str = "From the app's settings, WhatsApp, API Setup.";
pub const BUSINESS_ACCOUNT_ID: &str = "Business account ID";
pub const IT_STANDS_BESIDE_THE: &str = "It stands beside the other.";
pub const ACCESS_TOKEN: &str = "Access token";
pub const WHOSE_TOKEN: &str = "Of a system user, so that it doesn't end.";
pub const APP_SECRET: &str = "App secret";
pub const FROM_APP_SETTINGS_BASIC: &str = "From App settings, Basic; Meta signs with it.";
pub const CHECK_AND_ADD: &str = "Check and add";
pub const EMPTY_AS_META_KNOWS: &str = "Empty: as Meta knows the number.";
pub const A_NEW_ACCESS_TOKEN: &str = "A new access token";
pub const IT_IS_CHECKED_FIRST: &str = "It is checked first. What waits goes by itself then.";
pub const CHECK_AND_USE_IT: &str = "Check and use it";
pub const CHOOSE_ONE_OF_THE_BUTTONS: &str = "Choose one of the buttons of the rehearsal";
pub const NO_ACCOUNT_IS_BEING: &str = "No account is being linked here; begin on the page WhatsApp accounts";
pub const LINK_AN_ACCOUNT: &str = "Link an account";
pub const AS_A_PHONE_IS: &str = "As a phone is linked to WhatsApp on a computer.";
pub const ALL_ACCOUNTS: &str = "All accounts";
pub const CANCEL: &str = "Cancel";
pub const ASKING_FOR_A_CODE: &str = "Asking for a code.";
pub const LINKING_CODE_TO_BE: &str = "Linking code, to be scanned with the phone";
pub const POINT_THE_CAMERA_AT: &str = "Point the camera at the code";
pub const LINK_WITH_PHONE_NUMBER: &str = "Link with phone number instead, then type the code";
pub const HANDED_IN_WAITING_FOR: &str = "Handed in. Waiting for WhatsApp.";
pub const LINKED_2: &str = "Linked.";
pub const SENDS_AND_RECEIVES_NOW: &str = " sends and receives now.";
pub const SEE_ALL_ACCOUNTS: &str = "See all accounts";
pub const NOT_LINKED: &str = "Not linked.";
pub const BEGIN_AGAIN: &str = "Begin again";
pub const S: &str = " s";
pub const THE_CODE_CHANGES_BY: &str = "The code changes by itself; the newest one counts.";
pub const LETTERS_AND_DIGITS_WITHOUT: &str = "Letters and digits, without the dash.";
pub const OPEN_WHATSAPP_ON_THE: &str = "Open WhatsApp on the phone";
pub const THE_ONE_WHOSE_NUMBER: &str = "The one whose number is to be linked";
pub const LINKED_DEVICES_THEN_LINK: &str = "Linked devices, then Link a device";
pub const UNDER_SETTINGS_OR_THE: &str = "Under Settings, or the three dots";
pub const CONFIRM_WITH_THE_PASSKEY: &str = "Confirm with the passkey";
pub const ONLY_IF_WHATSAPP_ASKS: &str = "Only if WhatsApp asks for it";
pub const WHATSAPP_ASKS_FOR_THE: &str = "WhatsApp asks for the passkey of this number.";
pub const THE_REQUEST_FOR_THE: &str = "The request, for the browser";
pub const ITS_ANSWER: &str = "Its answer";
pub const ID_REHEARSAL_RESPONSE: &str = "{\"id\":\"rehearsal\",\"response\":{}}";
pub const THE_SANDBOX_TAKES_ANY: &str = "The sandbox takes any JSON object, so this one will do.";
pub const THE_WHOLE_JSON_OBJECT: &str = "The whole JSON object that the browser gave.";
pub const HAND_IT_IN: &str = "Hand it in";
pub const DOES_THE_PHONE_SHOW: &str = "Does the phone show the same code? ";
pub const IT_IS_THE_SAME: &str = "It is the same";
pub const IT_IS_ANOTHER: &str = "It is another";
pub const TAKE_THE_CODE: &str = "Take the code";
pub const TAKE_IT_WITH_A: &str = "Take it, with a passkey";
pub const REFUSE: &str = "Refuse";
pub const LET_THE_CODES_RUN: &str = "Let the codes run out";
pub const THE_PHONE: &str = "The phone";
pub const REHEARSAL: &str = "Rehearsal";
pub const THIS_IS_A_SANDBOX: &str = "This is a sandbox number, so you say what its phone does.";
pub const THERE_IS_NOTHING_TO: &str = "There is nothing to scan or to type now.";
pub const HOW_EACH_NUMBER_IS: &str = "How each number is doing, and what to do when it is not well.";
pub const ADD_AN_ACCOUNT: &str = "Add an account";
pub const NO_NUMBER_IS_HERE: &str = "No number is here yet";
pub const ADD_ONE_BELOW_MESSAGES: &str = "Add one below: messages then come in and go out by it.";
pub const IS_BEING_LINKED: &str = " is being linked.";
pub const IT_ENDS_BY_ITSELF: &str = " It ends by itself if nobody finishes it.";
pub const GO_ON: &str = "Go on";
pub const AS_YOUR_TEAM_CALLS: &str = "As your team calls it, such as Lisbon shop.";
pub const BY_QR_CODE: &str = "By QR code";
pub const THE_PHONE_SCANS_WHAT: &str = "The phone scans what is shown here.";
pub const BY_A_CODE: &str = "By a code";
pub const EIGHT_LETTERS_ARE_TYPED: &str = "Eight letters are typed on the phone.";
pub const AT_ONCE: &str = "At once";
pub const A_SANDBOX_NUMBER_THAT: &str = "A sandbox number that is there without a rehearsal.";
pub const AS_A_NUMBER_OF: &str = "As a number of the Cloud API";
pub const THE_SAME_REQUESTS_AND: &str = "The same requests and signed callbacks as with Meta.";
pub const SANDBOX: &str = "Sandbox";
pub const A_NUMBER_OF_THE: &str =
    "A number of the sandbox: it is linked as a phone would be, its contacts answer, and nothing leaves this server.";
pub const HOW_IT_IS_LINKED: &str = "How it is linked";
pub const ADD: &str = "Add";
pub const ADD_A_SANDBOX_ACCOUNT: &str = "Add a sandbox account";
pub const LINK_A_PHONE: &str = "Link a phone";
pub const LINK_IT: &str = "Link it";
pub const ITS_NUMBER: &str = "Its number";
pub const ONLY_FOR_A_CODE: &str = "Only for a code: with the country, as +351 912 345 678.";
pub const A_PHONES_OWN_NUMBER: &str =
    "A phone's own number, as WhatsApp Web links it: the phone goes on working, and what is written there shows here.";
pub const NOT_OFFICIAL: &str = "WhatsApp offers no official way to do this, and may shut out numbers that write to many strangers. For such messages use a number of the Cloud API.";
pub const ITS_NUMBER_COMES_FROM_THE_PHONE: &str = "Its number comes from the phone";
pub const OPEN_ITS_SITE: &str = "Open in a browser: ";
pub const ONE_THAT_HAS_THE_PASSKEY: &str =
    "One that has the passkey, or can ask the phone for it; signing in there is not needed";
pub const PASTE_INTO_THE_CONSOLE: &str = "Paste the line for the console";
pub const IT_ASKS_AND_COPIES: &str =
    "Into the console of its developer tools: it asks for the passkey and copies the answer";
pub const PASTE_THE_ANSWER_BELOW: &str = "Paste the answer below";
pub const IT_IS_GOOD_ONCE: &str = "It is good once, for this request";
pub const FOR_THE_CONSOLE: &str = "The line for the console";

pub fn until(until: &dyn Render) -> Markup {
    html! { " until " (until) }
}

pub fn it_ends_by_itself(until: &dyn Render) -> Markup {
    html! { "It ends by itself on " (until) ". " }
}

pub fn if_it_lasts_until(deadline: &dyn Render) -> Markup {
    html! { "If it lasts until " (deadline) ", somebody is asked to look. " }
}

pub fn as_whatsapp_said(quality_at: &dyn Render) -> Markup {
    html! { "as WhatsApp said " (quality_at) }
}

pub fn people_a_day(people: &dyn Render) -> Markup {
    html! { span.num { (people) } " people a day may be written to first" }
}

pub fn messages_a_second(speed: &dyn Render) -> Markup {
    html! { (speed) " messages a second" }
}

pub fn s_on_average(ms: &dyn Render) -> Markup {
    html! { (ms) " s on average" }
}

pub fn since(title: &dyn Render) -> Markup {
    html! { (title) " since" }
}

pub fn of_today(sent: &dyn Render, today: &dyn Render) -> Markup {
    html! { (sent) " of " (today) " today" }
}

pub fn warming_up_to(per_day: &dyn Render) -> Markup {
    html! { ", warming up to " (per_day) }
}

pub fn of_words(name: &dyn Render) -> Markup {
    html! { " of " (name) }
}

pub fn for_words(name: &dyn Render) -> Markup {
    html! { " for " (name) }
}

pub fn with(name: &dyn Render) -> Markup {
    html! { " with " (name) }
}

pub fn code_of_good_for(round: &dyn Render, rounds: &dyn Render, left: &dyn Render) -> Markup {
    html! { "Code " (round) " of " (rounds) ", good for " (left) }
}

pub fn good_for(left: &dyn Render) -> Markup {
    html! { "Good for " (left) }
}

pub fn nothing_was_changed_begin(reason: &dyn Render) -> Markup {
    html! { " " (reason) ". Nothing was changed; begin again when the phone is at hand." }
}

pub fn answer_within_a_server(left: &dyn Render) -> Markup {
    html! { " Answer within " (left) ". A server can't: a browser signed in to WhatsApp does." }
}

pub fn no_whole_number(text: &str) -> String {
    format!("\"{text}\" is no whole number; write digits, or leave it empty")
}

pub fn sent_today(sent: i64, most: i64) -> String {
    format!("{sent} of {most} sent today to people who never wrote")
}
