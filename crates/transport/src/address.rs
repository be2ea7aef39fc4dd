//! Where a message goes to or comes from.

use serde::{Deserialize, Serialize};

const DIRECT: &str = "@s.whatsapp.net";
const GROUP: &str = "@g.us";
const HIDDEN: &str = "@lid";
const BUSINESS: &str = "@bsuid";

/// A WhatsApp address in its JID form: `<digits>@s.whatsapp.net` for a phone, `<id>@g.us` for a group,
/// `<digits>@lid` for a contact without a known phone, `<country>.<id>@bsuid` for one that Meta shows to one business only
/// by an id of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address(String);

impl Address {
    /// From a JID as WhatsApp or an API client writes it.
    pub fn from_jid(jid: impl Into<String>) -> Address {
        Address(jid.into())
    }

    /// From a phone number in E.164 form, with or without its `+`.
    pub fn from_phone(phone: &str) -> Address {
        Address(format!("{}{DIRECT}", phone.trim_start_matches('+')))
    }

    pub fn jid(&self) -> &str {
        &self.0
    }

    /// The phone in E.164 form with `+`, where the address is one.
    pub fn phone(&self) -> Option<String> {
        self.0.strip_suffix(DIRECT).map(|digits| format!("+{digits}"))
    }

    /// Whether it is the id under which WhatsApp hides a contact's phone.
    pub fn is_hidden(&self) -> bool {
        self.0.ends_with(HIDDEN)
    }

    /// Whether it stands for a person without telling their phone: WhatsApp's id or Meta's.
    pub fn hides_phone(&self) -> bool {
        self.is_hidden() || self.business_id().is_some()
    }

    /// From Meta's id of a contact for one business.
    pub fn from_business_id(id: &str) -> Address {
        Address(format!("{id}{BUSINESS}"))
    }

    /// Meta's id of the contact for one business, where the address is one.
    pub fn business_id(&self) -> Option<&str> {
        self.0.strip_suffix(BUSINESS)
    }

    pub fn is_group(&self) -> bool {
        self.0.ends_with(GROUP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_and_its_jid_are_one_address() {
        let address = Address::from_phone("+12025550100");
        assert_eq!(address.jid(), "12025550100@s.whatsapp.net");
        assert_eq!(address.phone().as_deref(), Some("+12025550100"));
        assert!(!address.is_group());
    }

    #[test]
    fn groups_and_hidden_contacts_have_no_phone() {
        assert!(Address::from_jid("120363021234567890@g.us").is_group());
        let hidden = Address::from_jid("123456@lid");
        assert_eq!((hidden.phone(), hidden.is_hidden()), (None, true));
        let business = Address::from_business_id("PT.A1");
        assert_eq!((business.business_id(), business.is_hidden()), (Some("PT.A1"), false));
        assert!(business.hides_phone() && hidden.hides_phone() && !Address::from_phone("+1").hides_phone());
    }
}
