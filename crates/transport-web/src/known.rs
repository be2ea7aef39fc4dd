//! Who is who: WhatsApp names one person by a phone or by an id that hides it, each with the number of a device; Partyline
//! knows people by one address.

use std::collections::HashMap;

use transport::{Address, SameContact};
use whatsapp_rust::{Jid, Server};

/// Who we are, and whose hidden ids are known.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The account's own phone and hidden id, without their devices.
    pub own: Option<Jid>,
    pub own_hidden: Option<Jid>,
    /// Digits of the phone by the digits of the hidden id.
    pub phones: HashMap<String, String>,
}

impl Known {
    /// Notes what belongs together; anything but a hidden id and a phone says nothing.
    pub fn learn(&mut self, one: &Jid, other: &Jid) {
        let pair = match (is_hidden(one), is_hidden(other)) {
            (true, false) if is_phone(other) => (one, other),
            (false, true) if is_phone(one) => (other, one),
            _ => return,
        };
        self.phones.insert(pair.0.user_base().to_owned(), pair.1.user_base().to_owned());
    }

    /// Whether somebody is hidden and their phone isn't known here.
    pub fn lacks(&self, jid: &Jid) -> bool {
        is_hidden(jid) && !self.is_own(jid) && !self.phones.contains_key(jid.user_base())
    }

    /// The one address that Partyline has for somebody: the phone's, where it is known.
    pub fn address(&self, jid: &Jid) -> Address {
        if self.is_own(jid)
            && let Some(own) = &self.own
        {
            return Address::from_phone(own.user_base());
        }
        if is_phone(jid) {
            return Address::from_phone(jid.user_base());
        }
        match self.phones.get(jid.user_base()).filter(|_| is_hidden(jid)) {
            Some(phone) => Address::from_phone(phone),
            None if is_hidden(jid) => Address::from_jid(format!("{}@lid", jid.user_base())),
            None => Address::from_jid(jid.to_non_ad_string()),
        }
    }

    /// Both addresses of somebody hidden whose phone is known; not of ourselves.
    pub fn both(&self, jid: &Jid) -> Option<SameContact> {
        if !is_hidden(jid) || self.is_own(jid) {
            return None;
        }
        let phone = Address::from_phone(self.phones.get(jid.user_base())?);
        Some(SameContact { phone, lid: Address::from_jid(format!("{}@lid", jid.user_base())) })
    }

    /// Whether it is the account itself, by any of its devices.
    pub fn is_own(&self, jid: &Jid) -> bool {
        let same = |own: &Option<Jid>| {
            own.as_ref().is_some_and(|own| {
                own.user_base() == jid.user_base()
                    && (is_hidden(own) && is_hidden(jid) || is_phone(own) && is_phone(jid))
            })
        };
        same(&self.own) || same(&self.own_hidden)
    }
}

/// The JID of an address, as WhatsApp takes it; `None` for what WhatsApp's own protocol doesn't know.
pub fn jid_of(address: &Address) -> Option<Jid> {
    if address.business_id().is_some() {
        return None;
    }
    address.jid().parse().ok()
}

fn is_phone(jid: &Jid) -> bool {
    matches!(jid.server, Server::Pn | Server::Legacy | Server::Hosted)
}

pub fn is_hidden(jid: &Jid) -> bool {
    matches!(jid.server, Server::Lid | Server::HostedLid)
}

/// Whether a chat is one that Partyline shows: with a person or a group. Channels, broadcasts and WhatsApp's own
/// announcements aren't.
pub fn is_chat(jid: &Jid) -> bool {
    (is_phone(jid) || is_hidden(jid) || jid.server == Server::Group) && jid.user_base() != "0"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> Jid {
        text.parse().expect("a JID")
    }

    #[test]
    fn somebody_is_their_phone_whatever_names_them() {
        let mut known = Known {
            own: Some(jid("12025550198:3@s.whatsapp.net")),
            own_hidden: Some(jid("900@lid")),
            ..Known::default()
        };
        assert!(known.lacks(&jid("77:2@lid")) && !known.lacks(&jid("900:1@lid")) && !known.lacks(&jid("1@g.us")));
        assert_eq!(known.address(&jid("77:2@lid")).jid(), "77@lid");
        known.learn(&jid("12025550100@s.whatsapp.net"), &jid("77@lid"));
        known.learn(&jid("1@g.us"), &jid("78@lid"));
        assert_eq!(known.address(&jid("77:2@lid")).jid(), "12025550100@s.whatsapp.net");
        assert_eq!(known.address(&jid("78@lid")).jid(), "78@lid");
        assert_eq!(known.address(&jid("12025550100:9@s.whatsapp.net")).jid(), "12025550100@s.whatsapp.net");
        assert_eq!(known.address(&jid("12025550100@c.us")).jid(), "12025550100@s.whatsapp.net");
        assert_eq!(known.address(&jid("900:7@lid")).jid(), "12025550198@s.whatsapp.net");
        assert_eq!(known.address(&jid("120363@g.us")).jid(), "120363@g.us");
        let both = known.both(&jid("77:2@lid")).expect("both are known");
        assert_eq!((both.phone.jid(), both.lid.jid()), ("12025550100@s.whatsapp.net", "77@lid"));
        assert!(known.both(&jid("900@lid")).is_none() && known.both(&jid("12025550100@s.whatsapp.net")).is_none());
    }

    #[test]
    fn channels_broadcasts_and_announcements_are_no_chats() {
        for (text, is) in [
            ("12025550100@s.whatsapp.net", true),
            ("77@lid", true),
            ("120363@g.us", true),
            ("status@broadcast", false),
            ("120363@newsletter", false),
            ("0@s.whatsapp.net", false),
        ] {
            assert_eq!(is_chat(&jid(text)), is, "{text}");
        }
        assert!(jid_of(&Address::from_business_id("PT.A1")).is_none());
        assert_eq!(jid_of(&Address::from_phone("+12025550100")), Some(jid("12025550100@s.whatsapp.net")));
    }
}
