//! An OGG file with one stream of Opus in it (RFC 3533, RFC 7845).

const FIRST: u8 = 2;
const LAST: u8 = 4;
/// A file has one stream.
const SERIAL: u32 = 1;
/// Of six pieces at most each; a page can say 255.
const PACKETS_PER_PAGE: usize = 40;
const VENDOR: &[u8] = b"Partyline";

/// A file that grows.
pub struct Ogg {
    bytes: Vec<u8>,
    /// Packets of the page that is next.
    page: Vec<Vec<u8>>,
    /// Samples up to the end of that page.
    granule: u64,
    pages: u32,
}

impl Ogg {
    /// Begins one of one channel. `skip` samples come out of the encoder before the sound begins.
    pub fn opus(skip: u16, hertz: u32) -> Ogg {
        let head = [b"OpusHead\x01\x01".as_slice(), &skip.to_le_bytes(), &hertz.to_le_bytes(), &[0; 3]].concat();
        let length = u32::try_from(VENDOR.len()).unwrap_or(0).to_le_bytes();
        let tags = [b"OpusTags".as_slice(), &length, VENDOR, &[0; 4]].concat();
        let mut ogg = Ogg { bytes: Vec::new(), page: vec![head], granule: 0, pages: 0 };
        ogg.turn(FIRST);
        ogg.page.push(tags);
        ogg.turn(0);
        ogg
    }

    /// Adds a packet of at most 1,275 bytes; `granule` samples end with it.
    pub fn add(&mut self, packet: Vec<u8>, granule: u64) {
        // A page is written once it is known that it isn't the last.
        if self.page.len() == PACKETS_PER_PAGE {
            self.turn(0);
        }
        self.page.push(packet);
        self.granule = granule;
    }

    /// The whole file, whose sound ends after `granule` samples.
    pub fn end(mut self, granule: u64) -> Vec<u8> {
        self.granule = granule;
        self.turn(LAST);
        self.bytes
    }

    /// Writes the page.
    fn turn(&mut self, flags: u8) {
        let packets = std::mem::take(&mut self.page);
        let mut pieces = Vec::new();
        for packet in &packets {
            pieces.extend(std::iter::repeat_n(255, packet.len() / 255));
            pieces.push((packet.len() % 255) as u8);
        }
        let start = self.bytes.len();
        self.bytes.extend(b"OggS\0");
        self.bytes.push(flags);
        self.bytes.extend(self.granule.to_le_bytes());
        self.bytes.extend(SERIAL.to_le_bytes());
        self.bytes.extend(self.pages.to_le_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.push(u8::try_from(pieces.len()).unwrap_or(u8::MAX));
        self.bytes.extend(pieces);
        packets.iter().for_each(|packet| self.bytes.extend(packet));
        let sum = checksum(&self.bytes[start..]);
        self.bytes[start + SUM_AT..start + SUM_AT + 4].copy_from_slice(&sum.to_le_bytes());
        self.pages += 1;
    }
}

/// Where a page's checksum stands.
const SUM_AT: usize = 22;

/// OGG's CRC-32: not mirrored, from zero.
fn checksum(page: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x04c1_1db7;
    page.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum: u32, _| {
            let shifted = sum << 1;
            if sum >> 31 == 1 { shifted ^ POLYNOMIAL } else { shifted }
        })
    })
}

/// The packets of a file and where its sound ends; every page must be whole.
#[cfg(test)]
pub fn packets(mut file: &[u8]) -> (Vec<Vec<u8>>, u64) {
    let (mut found, mut granule, mut flags) = (Vec::new(), 0, 0);
    while !file.is_empty() {
        assert!(file.starts_with(b"OggS\0"));
        flags = file[5];
        granule = u64::from_le_bytes(file[6..14].try_into().expect("eight bytes"));
        let (pieces, rest) = file[27..].split_at(usize::from(file[26]));
        let length: usize = pieces.iter().map(|piece| usize::from(*piece)).sum();
        let mut page = file[..27 + pieces.len() + length].to_vec();
        let told: Vec<u8> = page.splice(SUM_AT..SUM_AT + 4, [0; 4]).collect();
        assert_eq!(checksum(&page).to_le_bytes().as_slice(), told);
        let mut at = 0;
        for packet in pieces.split_inclusive(|piece| *piece < 255) {
            let length: usize = packet.iter().map(|piece| usize::from(*piece)).sum();
            found.push(rest[at..at + length].to_vec());
            at += length;
        }
        file = &file[page.len()..];
    }
    assert_eq!(flags, LAST);
    (found, granule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_back_as_they_went_in_over_many_pages() {
        let sizes = [0, 1, 254, 255, 256, 510, 1_275].into_iter().cycle().take(120);
        let given: Vec<Vec<u8>> = sizes.enumerate().map(|(at, size)| vec![at as u8; size]).collect();
        let mut ogg = Ogg::opus(312, 48_000);
        for (at, packet) in given.iter().enumerate() {
            ogg.add(packet.clone(), 960 * (at as u64 + 1));
        }
        let (found, end) = packets(&ogg.end(115_000));
        assert_eq!(found[0], b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0");
        assert_eq!((&found[2..], end), (given.as_slice(), 115_000));
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // The usual check of a CRC, with this polynomial.
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
    }
}
