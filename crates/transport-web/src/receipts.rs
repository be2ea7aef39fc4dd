//! How far our messages came, from what phones tell.

use transport::{Receipt, ReceiptStatus};
use wacore::types::events::Receipt as Told;
use wacore::types::presence::ReceiptType;
use whatsapp_rust::Server;

use crate::known::Known;

/// The news in a receipt, one for each message that it names; none where it is about something else, or told by a device
/// of our own.
pub fn receipts_of(told: &Told, known: &Known) -> Vec<Receipt> {
    let status = match told.r#type {
        ReceiptType::Delivered => ReceiptStatus::Delivered,
        ReceiptType::Read | ReceiptType::Played => ReceiptStatus::Read,
        _ => return Vec::new(),
    };
    if known.is_own(&told.source.sender) {
        return Vec::new();
    }
    let participant = (told.source.chat.server == Server::Group).then(|| known.address(&told.source.sender));
    let at_ms = told.timestamp.timestamp_millis();
    let of = |wamid: &String| Receipt {
        wamid: wamid.clone(),
        participant: participant.clone(),
        status: status.clone(),
        at_ms,
        ..Receipt::default()
    };
    told.message_ids.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use wacore::types::message::MessageSource;
    use whatsapp_rust::wacore::chrono::DateTime;

    use super::*;

    fn told(chat: &str, sender: &str, kind: ReceiptType) -> Told {
        let source = MessageSource {
            chat: chat.parse().expect("a JID"),
            sender: sender.parse().expect("a JID"),
            ..MessageSource::default()
        };
        let at = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        let ids = vec!["3EB0AA".to_owned(), "3EB0AB".to_owned()];
        Told::builder().source(source).message_ids(ids).timestamp(at).r#type(kind).offline(false).build()
    }

    #[test]
    fn a_receipt_is_news_of_each_message_that_it_names() {
        let known = Known::default();
        let chat = "12025550100@s.whatsapp.net";
        let news = receipts_of(&told(chat, chat, ReceiptType::Delivered), &known);
        assert_eq!(news.len(), 2);
        assert_eq!((news[0].wamid.as_str(), &news[0].status), ("3EB0AA", &ReceiptStatus::Delivered));
        assert_eq!((news[0].participant.is_none(), news[0].at_ms), (true, 1_790_000_000_000));
        assert_eq!(receipts_of(&told(chat, chat, ReceiptType::Played), &known)[0].status, ReceiptStatus::Read);
        for other in [ReceiptType::Retry, ReceiptType::ReadSelf, ReceiptType::Sender, ReceiptType::ServerError] {
            assert!(receipts_of(&told(chat, chat, other), &known).is_empty());
        }
    }

    #[test]
    fn in_a_group_it_is_one_participants_by_their_phone() {
        let mut known = Known { own: Some("12025550198@s.whatsapp.net".parse().expect("a JID")), ..Known::default() };
        known.learn(&"77@lid".parse().expect("a JID"), &"12025550100@s.whatsapp.net".parse().expect("a JID"));
        let news = receipts_of(&told("120363@g.us", "77:3@lid", ReceiptType::Read), &known);
        let participant = news[0].participant.as_ref().map(|address| address.jid());
        assert_eq!(participant, Some("12025550100@s.whatsapp.net"));
        assert!(
            receipts_of(&told("120363@g.us", "12025550198:2@s.whatsapp.net", ReceiptType::Read), &known).is_empty()
        );
    }
}
