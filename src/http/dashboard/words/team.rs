//! Words of the page Team.

use maud::{Markup, Render, html};

pub const WHO_WORKS_HERE_AND: &str = "Who works here, and what they may do.";
pub const TEAMMATES: &str = "Teammates";
pub const NAME: &str = "Name";
pub const EMAIL: &str = "Email";
pub const ROLE: &str = "Role";
pub const TEAM: &str = "Team";
pub const ACTIONS: &str = "Actions";
pub const INVITED: &str = "Invited";
pub const YOU: &str = "You";
pub const NONE_YET: &str = "None yet";
pub const NONE: &str = "None";
pub const CHANGE: &str = "Change";
pub const SET: &str = "Set";
pub const THE_TEAM: &str = " the team";
pub const MAKE_A_NEW_INVITATION: &str = "Make a new invitation link";
pub const WITHDRAW_THE_INVITATION: &str = "Withdraw the invitation";
pub const THE_ROLE: &str = " the role";
pub const MAKE_A_LINK_TO: &str = "Make a link to a new password";
pub const REMOVE_FROM_THE_WORKSPACE: &str = "Remove from the workspace";
pub const INVITATION_LINK: &str = "Invitation link";
pub const LINK_TO_A_NEW: &str = "Link to a new password";
pub const NEW: &str = "New";
pub const FOR_WORD: &str = "for ";
pub const THE_LINK: &str = "The link";
pub const THIS_IS_THE_ONLY: &str = "This is the only time it is shown.";
pub const DAY: &str = " day";
pub const DAYS: &str = " days";
pub const AND_REPLACES_ANY_OLDER: &str = ", and replaces any older one.";
pub const INVITE_SOMEBODY: &str = "Invite somebody";
pub const THEY_LOG_IN_WITH: &str = "They log in with it.";
pub const ADMINS_MANAGE_COLLABORATORS_ONLY: &str = "Admins manage; Collaborators only read.";
pub const MAY_BE_LEFT_EMPTY: &str = "May be left empty; a new title makes a team.";
pub const MAKE_AN_INVITATION_LINK: &str = "Make an invitation link";
pub const CHOOSE_ONE_OF_THE: &str = "Choose one of the roles in the list";

pub fn give_it_to_them(days: &dyn Render) -> Markup {
    html! { "Give it to them yourself; no mail is sent. It opens once, within " (days) }
}
