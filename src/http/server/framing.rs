//! Follows the framing of HTTP/1 requests as their bytes pass, to see what hyper tolerates and we refuse.
//!
//! hyper answers a request with both `Content-Length` and `Transfer-Encoding` by believing the latter, and drops the
//! former before a handler could see it. It accepts repeated lengths that agree, codings before `chunked`, and lines
//! that end in a bare LF. Each of these is read in another way by some proxy, which is what request smuggling lives
//! on. So the same bytes are followed here, passively: nothing is changed or held back, and a request found bad is
//! refused by number when hyper hands it over. What hyper itself refuses needs no second refusal here: then this loses
//! track, and hyper closes.

/// Longest part of a header line that is kept when the line comes in pieces. A length or a coding that isn't said in
/// this much is refused.
const CARRY_BYTES_MAX: usize = 256;
const HTTP2_PREFACE_LINE: &[u8] = b"PRI * HTTP/2.0";

/// Where in the stream of requests we are.
#[derive(Debug, Default)]
pub(super) struct Framing {
    place: Place,
    head: Head,
    /// The beginning of a line whose end hasn't come.
    carry: Vec<u8>,
    requests: u64,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    /// Between requests, where empty lines are allowed.
    #[default]
    Between,
    RequestLine,
    Header,
    Body(u64),
    ChunkSize(u64),
    /// After the size, up to the end of the line.
    ChunkExtension(u64),
    ChunkData(u64),
    ChunkEnd,
    Trailer,
    /// HTTP/2, or something hyper will refuse.
    Untracked,
}

/// What the head said so far about the body.
#[derive(Debug, Default)]
struct Head {
    lengths: u32,
    length: u64,
    codings: u32,
    malformed: bool,
}

/// What the last bytes told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// A head has begun and not ended.
    pub head_unfinished: bool,
    /// The number, from 1, of a request that must be refused.
    pub refused: Option<u64>,
    pub http2: bool,
}

impl Framing {
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::Untracked => break,
                Place::Between => self.between(bytes),
                Place::RequestLine | Place::Header | Place::Trailer => self.line(bytes, &mut seen),
                Place::Body(left) => self.skip(bytes, left, Place::Body, Place::Between),
                Place::ChunkData(left) => self.skip(bytes, left, Place::ChunkData, Place::ChunkEnd),
                Place::ChunkSize(size) => self.chunk_size(bytes, size),
                Place::ChunkExtension(size) => self.chunk_extension(bytes, size),
                Place::ChunkEnd => self.chunk_end(bytes),
            };
        }
        seen.head_unfinished = matches!(self.place, Place::RequestLine | Place::Header);
        seen
    }

    /// Whether all that came so far are whole requests.
    pub(super) fn is_between_requests(&self) -> bool {
        self.place == Place::Between
    }

    fn between<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes[0] {
            b'\r' | b'\n' => &bytes[1..],
            _ => {
                self.place = Place::RequestLine;
                bytes
            }
        }
    }

    /// Skips bytes of which `left` remain.
    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64, more: fn(u64) -> Place, end: Place) -> &'a [u8] {
        let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - taken as u64;
        self.place = if left == 0 { end } else { more(left) };
        &bytes[taken..]
    }

    /// Takes a line, or the part of one that is there.
    fn line<'a>(&mut self, bytes: &'a [u8], seen: &mut Seen) -> &'a [u8] {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            let room = CARRY_BYTES_MAX.saturating_sub(self.carry.len());
            self.carry.extend_from_slice(&bytes[..bytes.len().min(room)]);
            // What didn't fit is forgotten, but not whether it ended in the CR of a line's end.
            if bytes.len() > room
                && let Some(last) = self.carry.last_mut()
            {
                *last = bytes[bytes.len() - 1];
            }
            return &[];
        };
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        if self.carry.is_empty() {
            self.whole_line(line, seen);
        } else {
            let mut whole = std::mem::take(&mut self.carry);
            whole.extend_from_slice(line);
            self.whole_line(&whole, seen);
        }
        rest
    }

    fn whole_line(&mut self, line: &[u8], seen: &mut Seen) {
        let text = line.strip_suffix(b"\r");
        self.head.malformed |= text.is_none();
        let text = text.unwrap_or(line);
        match self.place {
            Place::RequestLine if self.requests == 0 && text == HTTP2_PREFACE_LINE => {
                seen.http2 = true;
                self.place = Place::Untracked;
            }
            Place::RequestLine => self.place = Place::Header,
            Place::Header if text.is_empty() => self.head_ended(seen),
            Place::Header => self.head.header(text),
            _ if text.is_empty() => self.place = Place::Between,
            _ => {}
        }
    }

    fn head_ended(&mut self, seen: &mut Seen) {
        self.requests += 1;
        let head = std::mem::take(&mut self.head);
        self.place = if head.malformed || head.lengths + head.codings > 1 {
            seen.refused = Some(self.requests);
            Place::Untracked
        } else if head.codings == 1 {
            Place::ChunkSize(0)
        } else if head.length > 0 {
            Place::Body(head.length)
        } else {
            Place::Between
        };
    }

    fn chunk_size<'a>(&mut self, bytes: &'a [u8], size: u64) -> &'a [u8] {
        let Some(digit) = char::from(bytes[0]).to_digit(16) else {
            self.place = Place::ChunkExtension(size);
            return bytes;
        };
        self.place = match size.checked_mul(16) {
            Some(size) => Place::ChunkSize(size + u64::from(digit)),
            None => Place::Untracked,
        };
        &bytes[1..]
    }

    fn chunk_extension<'a>(&mut self, bytes: &'a [u8], size: u64) -> &'a [u8] {
        let Some(end) = memchr::memchr(b'\n', bytes) else { return &[] };
        self.place = if size == 0 { Place::Trailer } else { Place::ChunkData(size) };
        &bytes[end + 1..]
    }

    fn chunk_end<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes[0] {
            b'\r' => {}
            b'\n' => self.place = Place::ChunkSize(0),
            _ => self.place = Place::Untracked,
        }
        &bytes[1..]
    }
}

impl Head {
    fn header(&mut self, line: &[u8]) {
        // Of all lines only these two matter; their first letter sorts nearly all others out.
        if !matches!(line[0], b'c' | b'C' | b't' | b'T') {
            return;
        }
        if let Some(value) = value_of(line, b"content-length") {
            self.lengths += 1;
            match std::str::from_utf8(value).ok().filter(|_| value.iter().all(u8::is_ascii_digit)).map(str::parse) {
                Some(Ok(length)) => self.length = length,
                _ => self.malformed = true,
            }
        } else if let Some(value) = value_of(line, b"transfer-encoding") {
            self.codings += 1;
            self.malformed |= !value.eq_ignore_ascii_case(b"chunked");
        }
    }
}

/// The value if the line is a header of this name. Blanks before the colon, which hyper refuses, are looked through.
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    if !start.eq_ignore_ascii_case(name) {
        return None;
    }
    rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds it whole and byte by byte; both must tell the same.
    fn refused(stream: &str) -> Option<u64> {
        let whole = Framing::default().feed(stream.as_bytes()).refused;
        let mut framing = Framing::default();
        let pieces = stream.bytes().find_map(|byte| framing.feed(&[byte]).refused);
        assert_eq!(whole, pieces, "{stream:?}");
        whole
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    #[test]
    fn honest_requests_in_a_row_pass() {
        assert_eq!(refused(&GET.repeat(3)), None);
        let sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab\r\nc";
        assert_eq!(refused(&format!("{sized}{GET}{sized}")), None);
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nx: y\r\n\r\n";
        assert_eq!(refused(&format!("{chunked}\r\n{chunked}{GET}")), None);
    }

    #[test]
    fn a_bad_request_is_found_by_its_number_also_after_others() {
        let bad = "POST / HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(refused(bad), Some(1));
        assert_eq!(refused(&format!("{GET}{GET}{bad}")), Some(3));
        let sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET ";
        assert_eq!(refused(&format!("{sized}{bad}")), Some(2));
        let chunked =
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1F\r\n0123456789012345678901234567890\r\n0\r\n\r\n";
        assert_eq!(refused(&format!("{chunked}{bad}")), Some(2));
    }

    #[test]
    fn every_ambiguous_head_is_refused() {
        for headers in [
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "Content-Length: 3\r\nContent-Length: 4\r\n",
            "Content-Length: 3\r\nContent-Length: 3\r\n",
            "Content-Length: 3, 3\r\n",
            "Content-Length: +3\r\n",
            "Content-Length:\r\n",
            "Content-Length: 0x3\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n",
            "X: y\nContent-Length: 3\r\n",
        ] {
            assert_eq!(refused(&format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n")), Some(1), "{headers:?}");
        }
    }

    #[test]
    fn text_in_a_body_is_no_header() {
        let body = "\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let request = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert_eq!(refused(&request.repeat(2)), None);
    }

    #[test]
    fn long_lines_in_pieces_keep_their_end() {
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1000));
        assert_eq!(refused(&long.repeat(2)), None);
    }

    #[test]
    fn http2_is_left_alone() {
        let seen = Framing::default().feed(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0");
        assert!(seen.http2 && !seen.head_unfinished && seen.refused.is_none());
    }
}
