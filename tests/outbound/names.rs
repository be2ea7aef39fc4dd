//! Names: who is asked for them, how often, and where the connection really goes.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use partyline::outbound::{DownloadLimits, Fault, Outbound, Resolve, Resolving, Stage, SystemResolver};

use crate::host::{Host, Names, OURS, SOON, client, fetch, limits, ok, policy};

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_judged() {
    let host = Host::saying(ok("hello")).await;
    // A name that is good when looked at and leads inside when connected to: nobody looks twice.
    let names = Arc::new(Names::default().with("files.example.com", &[&["127.0.0.1"], &["127.0.0.2"]]));
    let outbound = Outbound::new(policy(), Arc::<Names>::clone(&names));
    let url = host.named("files.example.com", "/a");
    assert_eq!(fetch(&outbound, &url, &limits()).await.expect("a file"), b"hello");
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    // The next request looks again, and is refused.
    let error = fetch(&outbound, &url, &limits()).await.expect_err("it leads inside now");
    assert_eq!(error.fault, Fault::NoPublicAddress);
    assert_eq!(host.connections(), 1);
}

#[tokio::test]
async fn a_redirect_to_the_same_name_is_judged_again() {
    let host = Host::saying(crate::host::redirect("/again")).await;
    let names = Names::default().with("files.example.com", &[&["127.0.0.1"], &["10.0.0.1"]]);
    let error = fetch(&client(names), &host.named("files.example.com", "/a"), &limits()).await.expect_err("refused");
    assert_eq!((error.fault, error.is_redirected), (Fault::NoPublicAddress, true));
    assert_eq!(host.connections(), 1);
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_followed_by_the_next() {
    let host = Host::saying(ok("hello")).await;
    // Both loopbacks are allowed; on the first nobody listens at this port.
    let both = partyline::outbound::Policy::allowing(vec!["127.0.0.0/8".parse().expect("a network")]);
    let names = Names::default().with("files.example.com", &[&["127.0.0.9", "127.0.0.1"]]);
    let outbound = Outbound::new(both, Arc::new(names));
    assert!(fetch(&outbound, &host.named("files.example.com", "/a"), &limits()).await.is_ok());

    let error =
        client(Names::default()).download(OURS, "http://127.0.0.1:1/", &limits()).await.expect_err("nobody is there");
    assert_eq!(error.fault, Fault::Connect);
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_is_not_waited_for() {
    struct Silent;
    impl Resolve for Silent {
        fn resolve(&self, _: &str) -> Resolving {
            Box::pin(pending())
        }
    }
    let outbound = Outbound::new(policy(), Arc::new(Silent));
    let limits = DownloadLimits { connect_max: SOON, ..limits() };
    let error = outbound.download(OURS, "http://files.example.com/", &limits).await.expect_err("no answer");
    assert_eq!(error.fault, Fault::TimedOut { stage: Stage::Connect, after: SOON });
}

#[tokio::test]
async fn the_machines_own_resolver_answers_and_is_judged_like_any_other() {
    let own = Arc::new(SystemResolver::default());
    let found = own.resolve("localhost").await.expect("every machine knows it");
    assert!(found.iter().all(|ip| ip.is_loopback()), "{found:?}");
    assert!(own.resolve("no-such-name.invalid").await.is_err());
    let outbound = Outbound::new(policy(), own);
    let error = outbound.download(OURS, "http://no-such-name.invalid/", &limits()).await.expect_err("no such name");
    assert_eq!(error.fault, Fault::NoPublicAddress);
}
