//! A developer adds a webhook, tries it against a receiver, and reads what came of it.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::chromium::Chromium;
use crate::screens::{newcomer_in, settled};
use crate::server::Server;
use crate::tab::Tab;

/// A receiver on loopback that answers the first request with 503 and all others with 200.
fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hear", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 16 * 1024]);
            let (status, words) = if number == 0 { ("503 Busy", "try later") } else { ("200 OK", "thanks") };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{words}",
                words.len()
            );
        }
    });
    url
}

#[test]
fn a_webhook_is_added_tried_and_what_came_of_it_is_read() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start_with(&["--outbound-allow", "127.0.0.1/32"]);
    let url = receiver();
    let mut ana = Tab::open(&mut browser);
    ana.allow_clipboard(&server.address);
    newcomer_in(&mut ana, &server);
    ana.visit(&server.at("/integrations/webhooks"));
    ana.inspect("webhooks-empty");
    ana.click("button[popovertarget=new-webhook]");
    ana.until("document.querySelector('#new-webhook').matches(':popover-open')");
    ana.photograph_all("webhooks-dialog");
    ana.fill("#url", &url);
    ana.value("document.querySelector('#event_type').value = 'message:sent:new'");
    ana.click("#new-webhook button[data-kind=primary]");
    ana.until("document.querySelector('#secret') && document.readyState === 'complete'");
    ana.inspect("webhook-fresh");
    let secret = ana.value("document.querySelector('#secret').value").as_str().expect("a secret").to_owned();
    ana.click(".secret");
    ana.until("getComputedStyle(document.querySelector('.secret [role=status]')).display !== 'none'");
    assert_eq!(ana.value("navigator.clipboard.readText()"), Value::from(secret.as_str()));
    // A reload goes to the webhook's page, where the secret isn't.
    ana.reload();
    settled(&mut ana, "/integrations/webhooks/1");
    assert!(!ana.text().contains(&secret));

    ana.click("form[action$='/test'] button");
    ana.until(
        "document.querySelector('#delivery')?.textContent.includes('2nd try') && document.readyState === 'complete'",
    );
    ana.inspect("webhook-retrying");
    ana.click("form[action$='/resend'] button");
    ana.until("document.querySelector('#delivery')?.textContent.includes('2nd try: 200') && document.readyState === 'complete'");
    ana.inspect("webhook-delivered");
    ana.click("button[popovertarget=replay]");
    ana.until("document.querySelector('#replay').matches(':popover-open')");
    ana.photograph_all("webhook-replay");
    // A message that went meanwhile is delivered once more, under the same id.
    server.post("/messages", r#"{"phone": "+12025550100", "text": "Your bike is ready"}"#);
    ana.value(
        "(async () => {
           const rows = (page) => new DOMParser().parseFromString(page, 'text/html').querySelectorAll('a.log-row').length;
           while (rows(await (await fetch(location.href)).text()) < 2) await new Promise((go) => setTimeout(go, 50));
           return 0;
         })()",
    );
    ana.reload();
    ana.click("button[popovertarget=replay]");
    ana.value("document.querySelector('#from').value = '2020-01-01T00:00'");
    ana.click("#replay button[data-kind=primary]");
    ana.until("document.body.innerText.includes('The replay has begun') && document.readyState === 'complete'");
    assert_eq!(ana.value("document.querySelectorAll('a.log-row').length"), 2, "no new delivery, another try");
    ana.visit(&server.at("/integrations/webhooks"));
    ana.inspect("webhooks");
    assert_eq!(ana.complaints(), Vec::<String>::new());
}
