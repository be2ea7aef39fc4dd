//! What the driver was answered, held against what is there: nothing lost, nothing doubled, in order.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A message as the API shows it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub uid: String,
    pub text: String,
    pub status: String,
    pub from_me: bool,
}

/// Sends a message under a key of its number; the uid, or nothing if the answer didn't come.
pub fn post(address: &str, token: &str, number: usize, body: &Value) -> Option<String> {
    let host = address.trim_start_matches("http://");
    let body = body.to_string();
    let request = format!(
        "POST /integrations/api/messages HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: chaos-{number}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    // 503 is an answer too: nothing was done, and the same key may be tried again.
    if !head.starts_with("HTTP/1.1 200") {
        assert!(head.starts_with("HTTP/1.1 503"), "{answer}");
        return None;
    }
    let body: Value = serde_json::from_str(body).ok()?;
    body["data"]["message_uid"].as_str().map(str::to_owned)
}

/// Holds the chat against the uids that were answered, in the order in which they were.
pub fn judge(answered: &[String], chat: &[Seen]) -> Result<(), String> {
    let ours: Vec<&Seen> = chat.iter().filter(|message| message.from_me).collect();
    if ours.len() != answered.len() {
        return Err(format!("{} messages were answered, {} are there", answered.len(), ours.len()));
    }
    for (number, (uid, message)) in answered.iter().zip(&ours).enumerate() {
        if *uid != message.uid || message.text != number.to_string() || message.status != "Read" {
            return Err(format!("number {number} was answered as {uid}, but {message:?} stands in its place"));
        }
    }
    let replies: Vec<&str> = chat.iter().filter(|message| !message.from_me).map(|reply| reply.text.as_str()).collect();
    let expected: Vec<String> = (0..answered.len()).map(|number| number.to_string()).collect();
    if replies != expected {
        let wrong = replies.iter().zip(&expected).position(|(reply, expected)| reply != expected);
        return Err(format!("{} replies to {} messages, wrong from {wrong:?}", replies.len(), answered.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(count: usize) -> (Vec<String>, Vec<Seen>) {
        let seen = |number: usize, from_me: bool| Seen {
            uid: format!("uid-{number}"),
            text: number.to_string(),
            status: "Read".into(),
            from_me,
        };
        let chat = (0..count).flat_map(|number| [seen(number, true), seen(number, false)]).collect();
        ((0..count).map(|number| format!("uid-{number}")).collect(), chat)
    }

    #[test]
    fn planted_faults_are_found() {
        let (answered, chat) = told(5);
        assert_eq!(judge(&answered, &chat), Ok(()));
        let lost: Vec<Seen> = chat.iter().skip(1).cloned().collect();
        let mut doubled = chat.clone();
        doubled.push(chat[1].clone());
        let mut swapped = chat.clone();
        swapped.swap(0, 2);
        let mut replies_swapped = chat.clone();
        replies_swapped.swap(1, 3);
        let mut unread = chat.clone();
        unread[4].status = "Sending".into();
        for (name, wrong) in [
            ("lost", lost),
            ("doubled", doubled),
            ("swapped", swapped),
            ("replies swapped", replies_swapped),
            ("unread", unread),
        ] {
            assert!(judge(&answered, &wrong).is_err(), "{name}");
        }
    }
}
