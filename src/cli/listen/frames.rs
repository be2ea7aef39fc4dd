//! Server-sent events, as they come in pieces.

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Empty for an ordinary one.
    pub event: String,
    /// `None` where the stream said nothing of its place.
    pub id: Option<String>,
    /// Empty where only the place is told.
    pub data: String,
}

/// Longest frame that is understood; beyond it the stream is no stream of events.
const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// What came of a stream and isn't whole yet.
#[derive(Debug, Default)]
pub struct Frames {
    held: Vec<u8>,
}

impl Frames {
    /// Takes a piece; the frames that are whole now. `None` once it can't be a stream of events.
    pub fn feed(&mut self, piece: &[u8]) -> Option<Vec<Frame>> {
        self.held.extend_from_slice(piece);
        let mut whole = Vec::new();
        while let Some(at) = self.held.windows(2).position(|two| two == b"\n\n") {
            let frame: Vec<u8> = self.held.drain(..at + 2).collect();
            whole.extend(parse(&String::from_utf8_lossy(&frame)));
        }
        (self.held.len() <= FRAME_BYTES_MAX).then_some(whole)
    }
}

/// Nothing for a comment alone.
fn parse(text: &str) -> Option<Frame> {
    let mut frame = Frame::default();
    for line in text.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut frame.event),
            "id" => frame.id = Some(value.to_owned()),
            "data" => frame.data.push_str(value),
            _ => {}
        }
    }
    (frame != Frame::default()).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_however_they_were_cut() {
        let text = "retry: 1000\nid: 4\n\n:\n\nid: 5\ndata: {\"seq\":5}\n\nevent: reset\nid: 8\ndata: {}\n\n";
        let mut all = Frames::default().feed(text.as_bytes()).expect("a stream");
        assert_eq!(all.len(), 3);
        assert_eq!(all[1], Frame { event: String::new(), id: Some("5".into()), data: "{\"seq\":5}".into() });
        for length in 1..text.len() {
            let mut frames = Frames::default();
            let pieces = text.as_bytes().chunks(length);
            let cut: Vec<Frame> = pieces.flat_map(|piece| frames.feed(piece).expect("a stream")).collect();
            assert_eq!(cut, all);
        }
        assert_eq!(all.pop().expect("a frame").event, "reset");
    }

    #[test]
    fn what_never_ends_a_frame_is_given_up() {
        let mut frames = Frames::default();
        assert!((0..2_000).any(|_| frames.feed(&[b'x'; 1024]).is_none()));
    }
}
