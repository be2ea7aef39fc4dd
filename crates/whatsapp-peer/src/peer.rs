//! The fake as a test holds it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::faults::{Refusal, Trouble};
use crate::nodes::attr;
use crate::numbers::{Device, digits};
use crate::phone::Phone;
use crate::server::Server;
use crate::stanzas::door;
use crate::stanzas::groups::{Group, change, people, renamed};
use crate::{linking, listener, media};

/// The pause between two looks at the server.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A fake WhatsApp, on the loopback, for as long as the value lives.
pub struct Peer {
    server: Server,
    address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl Peer {
    /// Starts one on free ports.
    ///
    /// # Errors
    /// When the loopback has no port left.
    pub async fn start() -> Result<Peer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let files = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = Server::new(files.local_addr()?.to_string());
        let tasks = vec![
            tokio::spawn(listener::accept(server.clone(), listener)),
            tokio::spawn(media::serve(server.clone(), files)),
        ];
        Ok(Peer { server, address, tasks })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}/ws/chat", self.address)
    }

    /// The public key of who signed the server's certificate, for a client that can be told whom to believe.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        self.server.identity().root
    }

    /// A person with this number gets a phone; the second time it is the same phone.
    ///
    /// # Errors
    /// When the phone can't connect.
    pub async fn phone(&self, number: &str) -> Result<Phone> {
        let digits = digits(number);
        match self.server.phone(&digits) {
            Some(phone) => Ok(phone),
            None => Phone::start(&self.server, &self.url(), &digits, &format!("Person {digits}")).await,
        }
    }

    /// The next connections of a number's linked devices are turned away like this, one each.
    ///
    /// # Errors
    /// When nobody has the number.
    pub fn turn_away(&self, number: &str, refusal: Refusal) -> Result<()> {
        let mut world = self.server.world();
        world.accounts.get_mut(&digits(number)).context("nobody has this number")?.faults.plan_door(refusal);
        Ok(())
    }

    /// The next messages of a number's linked devices meet this, one each.
    ///
    /// # Errors
    /// When nobody has the number.
    pub fn trouble(&self, number: &str, trouble: Trouble) -> Result<()> {
        let mut world = self.server.world();
        world.accounts.get_mut(&digits(number)).context("nobody has this number")?.faults.plan_send(trouble);
        Ok(())
    }

    /// Ends the connections of a number's linked devices. Answers with how many there were.
    pub fn cut(&self, number: &str, refusal: &Refusal) -> usize {
        let digits = digits(number);
        let mut world = self.server.world();
        let linked: Vec<Device> = world.devices(&digits).into_iter().filter(|device| device.number > 0).collect();
        let wires: Vec<_> = linked.iter().filter_map(|device| world.wire(device).cloned()).collect();
        if *refusal == Refusal::Removed {
            linked.iter().for_each(|device| linking::remove(&mut world, device));
        }
        drop(world);
        wires.iter().for_each(|wire| door::turn_away(wire, refusal));
        wires.len()
    }

    /// How many linked devices of a number are connected.
    #[must_use]
    pub fn connected(&self, number: &str) -> usize {
        let world = self.server.world();
        world.devices(&digits(number)).iter().filter(|device| device.number > 0 && world.wire(device).is_some()).count()
    }

    /// How often linked devices of a number have connected so far.
    #[must_use]
    pub fn connections(&self, number: &str) -> usize {
        self.server.world().accounts.get(&digits(number)).map_or(0, |account| account.connections)
    }

    /// How many devices are linked to a number's phone.
    #[must_use]
    pub fn linked(&self, number: &str) -> usize {
        self.server.world().devices(&digits(number)).iter().filter(|device| device.number > 0).count()
    }

    /// What the server still keeps for a number's linked devices: kind and id of each stanza, oldest first.
    #[must_use]
    pub fn waiting(&self, number: &str) -> Vec<String> {
        let world = self.server.world();
        let linked = world.devices(&digits(number)).into_iter().filter(|device| device.number > 0);
        let waiting = linked.flat_map(|device| world.waiting(&device));
        waiting.map(|node| format!("{} {} {}", node.tag, attr(&node, "type"), attr(&node, "id"))).collect()
    }

    /// Waits until the server sees enough.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub async fn wait(&self, limit: Duration, enough: impl Fn(&Peer) -> bool) -> Result<()> {
        let waited = tokio::time::timeout(limit, async {
            while !enough(self) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        waited.await.with_context(|| format!("the server waited {limit:?} in vain"))
    }

    /// The next downloads of files find nothing.
    pub fn lose_files(&self, downloads: usize) {
        self.server.files().lose(downloads);
    }

    /// Makes a group; the first member made it. Answers with its address.
    #[must_use]
    pub fn group(&self, subject: &str, members: &[&str]) -> String {
        let mut world = self.server.world();
        let id = format!("1203630{:011}", world.next());
        let group = Group::new(id.clone(), subject, members.iter().map(|number| digits(number)).collect());
        world.groups.insert(id.clone(), group);
        format!("{id}@g.us")
    }

    /// Somebody comes into a group.
    pub fn join(&self, group: &str, number: &str) {
        let joining = digits(number);
        self.change(group, |group| group.add(&joining), |_| people("add", &[&joining]), &joining);
    }

    /// Somebody leaves a group.
    pub fn leave(&self, group: &str, number: &str) {
        let leaving = digits(number);
        self.change(group, |group| group.remove(&leaving), |_| people("remove", &[&leaving]), &leaving);
    }

    /// Somebody renames a group.
    pub fn rename(&self, group: &str, by: &str, subject: &str) {
        let by = digits(by);
        self.change(group, |group| subject.clone_into(&mut group.subject), |group| renamed(&group.subject, &by), &by);
    }

    fn change(
        &self,
        group: &str,
        act: impl FnOnce(&mut Group),
        told: impl FnOnce(&Group) -> wacore_binary::Node,
        by: &str,
    ) {
        let mut world = self.server.world();
        let id = format!("change{}", world.next());
        let Some(group) = world.groups.get_mut(group.trim_end_matches("@g.us")) else { return };
        let before: Vec<String> = group.members().map(str::to_owned).collect();
        act(group);
        let node = change(&id, group, by, told(group));
        let mut hearing = before;
        hearing.extend(
            group
                .members()
                .filter(|member| !hearing.iter().any(|known| known == member))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
        for device in hearing.iter().flat_map(|digits| world.devices(digits)).collect::<Vec<_>>() {
            world.deliver(&device, node.clone());
        }
    }

    /// Hangs up everything in order.
    pub async fn stop(mut self) {
        for phone in self.server.forget_phones() {
            phone.stop().await;
        }
        self.tasks.drain(..).for_each(|task| task.abort());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        drop(self.server.forget_phones());
    }
}
