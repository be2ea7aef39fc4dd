//! The networks that are not public, from the registries of special-purpose addresses (RFC 6890 and its successors).

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A network and, for people, what it is.
pub(super) struct Range<N> {
    pub network: N,
    pub what: &'static str,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, what: &'static str) -> Range<Ipv4Net> {
    Range { network: Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix), what }
}

/// The four first groups are enough for what stands here.
const fn v6(groups: [u16; 4], prefix: u8, what: &'static str) -> Range<Ipv6Net> {
    let [a, b, c, d] = groups;
    Range { network: Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix), what }
}

/// All of IPv4 that isn't public. Three networks that the registry has and that are reached from anywhere are left out
/// (192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24).
pub(super) const V4: [Range<Ipv4Net>; 17] = [
    v4(0, 0, 0, 0, 8, "unspecified, this machine"),
    v4(10, 0, 0, 0, 8, "private"),
    v4(100, 64, 0, 0, 10, "shared by a provider's customers"),
    v4(127, 0, 0, 0, 8, "loopback"),
    v4(168, 63, 129, 16, 32, "a cloud's own service"),
    v4(169, 254, 0, 0, 16, "link-local"),
    v4(172, 16, 0, 0, 12, "private"),
    v4(192, 0, 0, 0, 24, "reserved for protocols"),
    v4(192, 0, 2, 0, 24, "for documentation"),
    v4(192, 88, 99, 0, 24, "a relay into IPv6"),
    v4(192, 168, 0, 0, 16, "private"),
    v4(198, 18, 0, 0, 15, "for benchmarks"),
    v4(198, 51, 100, 0, 24, "for documentation"),
    v4(203, 0, 113, 0, 24, "for documentation"),
    v4(224, 0, 0, 0, 4, "multicast"),
    v4(255, 255, 255, 255, 32, "broadcast"),
    v4(240, 0, 0, 0, 4, "reserved"),
];

/// Of IPv6 only what is handed out is public; the rest needs no name to be refused.
pub(super) const V6_GLOBAL: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What of [`V6_GLOBAL`] isn't public, and names for the rest. Where an IPv4 address hides in an IPv6 one, the whole form
/// is refused: no honest server is named by it.
pub(super) const V6: [Range<Ipv6Net>; 17] = [
    v6([0x2001, 0xdb8, 0, 0], 32, "for documentation"),
    v6([0x2001, 0, 0, 0], 32, "a Teredo tunnel"),
    v6([0x2001, 0, 0, 0], 23, "reserved for protocols"),
    v6([0x2002, 0, 0, 0], 16, "a 6to4 tunnel"),
    v6([0x3fff, 0, 0, 0], 20, "for documentation"),
    v6([0x3ffe, 0, 0, 0], 16, "given back long ago"),
    Range {
        network: Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
        what: "an IPv4 address in IPv6 form",
    },
    Range {
        network: Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),
        what: "an IPv4 address in IPv6 form",
    },
    Range { network: Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), what: "loopback" },
    Range { network: Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), what: "unspecified, this machine" },
    v6([0, 0, 0, 0], 96, "an IPv4 address in IPv6 form"),
    v6([0x64, 0xff9b, 1, 0], 48, "a network's own translation to IPv4"),
    v6([0x100, 0, 0, 0], 64, "a black hole"),
    v6([0xfc00, 0, 0, 0], 7, "private"),
    v6([0xfe80, 0, 0, 0], 10, "link-local"),
    v6([0xfec0, 0, 0, 0], 10, "site-local"),
    v6([0xff00, 0, 0, 0], 8, "multicast"),
];

/// Translation to public IPv4 where a network has IPv6 only: its resolver answers so for honest servers, therefore the
/// address within is judged.
pub(super) const V6_TRANSLATED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Where clouds tell a machine its secrets. An allowed network doesn't open them; only naming the very address does.
pub(super) const METADATA_V4: [Ipv4Addr; 5] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(192, 0, 0, 192),
];
pub(super) const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// Ports of protocols that aren't HTTP and would take what we say for commands: mail, name service, files, terminals,
/// chat, databases and caches. Others are left alone: people do run HTTP on odd ports.
pub(super) const PORTS: [u16; 37] = [
    0, 7, 9, 13, 19, 21, 22, 23, 25, 53, 110, 111, 119, 135, 139, 143, 389, 445, 465, 513, 514, 587, 636, 873, 993,
    995, 1433, 1521, 2049, 3306, 3389, 5060, 5432, 6379, 6667, 9042, 11211,
];
