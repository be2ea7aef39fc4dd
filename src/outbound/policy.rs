//! Which addresses may be spoken to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::ranges::{METADATA_V4, METADATA_V6, V4, V6, V6_GLOBAL, V6_TRANSLATED};

/// Public addresses, and networks that the operator allowed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    allowed: Vec<IpNet>,
}

/// An address that a [`Policy`] let pass; there is no other way to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(SocketAddr);

impl Address {
    pub fn socket(self) -> SocketAddr {
        self.0
    }
}

impl Policy {
    /// Public addresses and these networks. A network doesn't open the addresses at which clouds tell a machine its
    /// secrets: each of these must be named itself, as `169.254.169.254/32`.
    pub fn allowing(allowed: Vec<IpNet>) -> Policy {
        Policy { allowed }
    }

    /// Every address but those at which clouds tell a machine its secrets.
    pub(super) fn anywhere() -> Policy {
        let v4 = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0);
        let v6 = Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0);
        Policy::allowing(vec![v4.into(), v6.into()])
    }

    /// Lets an address pass.
    ///
    /// # Errors
    /// What the address is, in a few words for people, if it isn't public and wasn't allowed.
    pub fn pass(&self, ip: IpAddr, port: u16) -> Result<Address, &'static str> {
        match not_public(ip) {
            Some(what) if !self.is_allowed(ip) => Err(what),
            _ => Ok(Address(SocketAddr::new(ip, port))),
        }
    }

    fn is_allowed(&self, ip: IpAddr) -> bool {
        let is_metadata = match ip {
            IpAddr::V4(ip) => METADATA_V4.contains(&ip),
            IpAddr::V6(ip) => METADATA_V6.contains(&ip),
        };
        let opens =
            |network: &&IpNet| network.contains(&ip) && (!is_metadata || network.addr() == ip && is_single(network));
        self.allowed.iter().any(|network| opens(&network))
    }
}

fn is_single(network: &IpNet) -> bool {
    network.prefix_len() == network.max_prefix_len()
}

/// What an address is, unless it is public.
fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => V4.iter().find(|range| range.network.contains(&ip)).map(|range| range.what),
        IpAddr::V6(ip) => v6_not_public(ip),
    }
}

fn v6_not_public(ip: Ipv6Addr) -> Option<&'static str> {
    if V6_TRANSLATED.contains(&ip) {
        let [.., a, b, c, d] = ip.octets();
        return not_public(IpAddr::from([a, b, c, d]));
    }
    // ISATAP: the interface's half of any address is 0000:5efe or 0200:5efe and an IPv4 address.
    if let [.., 0 | 0x200, 0x5efe, _, _] = ip.segments() {
        return Some("an IPv4 address in IPv6 form");
    }
    let named = V6.iter().find(|range| range.network.contains(&ip)).map(|range| range.what);
    named.or_else(|| (!V6_GLOBAL.contains(&ip)).then_some("not in public use"))
}
