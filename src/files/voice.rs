//! A voice note from an MP3: decoded, mixed to one channel, brought to 48 kHz, encoded as Opus, put into OGG. Why these
//! libraries: `docs/adr/0006-voice-notes-from-mp3.md`.

use std::f64::consts::PI;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::sync::LazyLock;

use nanomp3::{Options, Reader};
use ropus::{Application, Bitrate, Channels, Encoder};
use tokio::sync::Semaphore;

use super::ogg::Ogg;
use crate::error::Error;

/// What Opus counts in.
const HERTZ: u32 = 48_000;
/// 20 ms.
const FRAME_SAMPLES: usize = 960;
/// No packet of that length has more.
const PACKET_BYTES_MAX: usize = 1_275;
/// Speech is clear at this rate; WhatsApp's own recordings have less.
const BITS_PER_SECOND: u32 = 32_000;
/// More than this is no voice note any more, and work for a minute.
const MINUTES_MAX: u64 = 30;

/// One at a time, so that a flood of recordings can't take every processor.
static ROOM: Semaphore = Semaphore::const_new(1);

/// Why sound can't be made a voice note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// It has no sound that can be decoded.
    Broken,
    TooLong,
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        let rule = match trouble {
            Trouble::Broken => "The MP3 has no sound that can be decoded".to_owned(),
            Trouble::TooLong => format!("The MP3 is longer than {MINUTES_MAX} minutes"),
        };
        Error::invalid("file", format!("{rule}; send it with file_message, or another recording"))
    }
}

/// Makes an OGG/Opus file of an MP3, away from the asynchronous threads. At 32 kbit/s it has at most 8 MB.
///
/// # Errors
/// `validation_error` for sound that is broken or too long, or a fault of ours.
pub async fn voice_note(mp3: File) -> Result<Vec<u8>, Error> {
    let held = ROOM.acquire().await.map_err(Error::internal)?;
    let made = tokio::task::spawn_blocking(move || {
        let _held = held;
        converted(BufReader::new(mp3))
    });
    // A decoder that panics met a recording that is broken in a new way.
    Ok(made.await.unwrap_or(Err(Trouble::Broken))?)
}

fn converted(mp3: impl Read + Seek) -> Result<Vec<u8>, Trouble> {
    let options = Options::default().skip_scan(true).allow_mono_stereo_transition(true);
    let mut reader: Reader<_, f32> = Reader::with_options(mp3, options).map_err(|_| Trouble::Broken)?;
    let channels = reader.channels().ok_or(Trouble::Broken)? as usize;
    let hertz = reader.sample_rate();
    let mut resampler = Resampler::new(hertz).ok_or(Trouble::Broken)?;
    let mut note = Note::new()?;
    let (mut taken, taken_max) = (0_u64, MINUTES_MAX * 60 * u64::from(hertz));
    loop {
        let frame = match reader.read_frame() {
            Ok(Some(frame)) => frame,
            // What follows has another rate: behind a recording that is cut off, that is what its remains look like.
            Ok(None) | Err(nanomp3::Error::FormatChanged) => break,
            Err(_) => return Err(Trouble::Broken),
        };
        taken += (frame.len() / channels) as u64;
        if taken > taken_max {
            return Err(Trouble::TooLong);
        }
        let mono = frame.chunks_exact(channels).map(|all| all.iter().sum::<f32>() / all.len() as f32);
        mono.for_each(|sample| resampler.push(sample));
        note.take(&mut resampler.out)?;
    }
    if taken == 0 {
        return Err(Trouble::Broken);
    }
    resampler.end();
    note.take(&mut resampler.out)?;
    note.end(resampler.out)
}

/// Samples of input on either side of one of output.
const REACH: usize = 16;
/// Places between two samples for which the weights are reckoned once.
const PHASES: usize = 512;

/// The weights of the samples around each place: a sinc within a Hann window.
static WEIGHTS: LazyLock<Vec<[f32; 2 * REACH]>> = LazyLock::new(|| {
    let weight = |distance: f64| {
        if distance.abs() < 1e-9 {
            return 1.0;
        }
        (PI * distance).sin() / (PI * distance) * (0.5 + 0.5 * (PI * distance / REACH as f64).cos())
    };
    let of_phase = |phase: usize| {
        let part = phase as f64 / PHASES as f64;
        std::array::from_fn(|tap| weight(tap as f64 - (REACH as f64 - 1.0) - part) as f32)
    };
    (0..PHASES).map(of_phase).collect()
});

/// Brings sound to [`HERTZ`]. MP3 never has more, so nothing is folded.
struct Resampler {
    /// Samples of input for each of output.
    step: f64,
    /// The place of the next sample of output among those that are kept.
    at: f64,
    kept: Vec<f32>,
    out: Vec<f32>,
}

impl Resampler {
    fn new(hertz: u32) -> Option<Resampler> {
        (8_000..=HERTZ).contains(&hertz).then(|| Resampler {
            step: f64::from(hertz) / f64::from(HERTZ),
            at: REACH as f64,
            // Silence before the first sample.
            kept: vec![0.0; REACH],
            out: Vec::new(),
        })
    }

    fn push(&mut self, sample: f32) {
        /// What lies behind is dropped by so much at once, so that the rest is moved rarely.
        const DROP_SAMPLES: usize = 4_096;
        self.kept.push(sample);
        while self.at as usize + REACH < self.kept.len() {
            let (whole, phase) = (self.at as usize, (self.at.fract() * PHASES as f64) as usize);
            let around = &self.kept[whole + 1 - REACH..whole + 1 + REACH];
            self.out.push(around.iter().zip(&WEIGHTS[phase]).map(|(sample, weight)| sample * weight).sum());
            self.at += self.step;
        }
        let behind = (self.at as usize).saturating_sub(REACH);
        if behind > DROP_SAMPLES {
            self.kept.drain(..behind);
            self.at -= behind as f64;
        }
    }

    fn end(&mut self) {
        (0..REACH).for_each(|_| self.push(0.0));
    }
}

/// The voice note that grows.
struct Note {
    encoder: Encoder,
    ogg: Ogg,
    /// Samples that went into the encoder.
    encoded: u64,
    /// Samples of the sound, and those that come out of the encoder before it.
    wanted: u64,
}

impl Note {
    fn new() -> Result<Note, Trouble> {
        let builder = Encoder::builder(HERTZ, Channels::Mono, Application::Voip);
        let encoder = builder.bitrate(Bitrate::Bits(BITS_PER_SECOND)).build().map_err(|_| Trouble::Broken)?;
        let skip = u16::try_from(encoder.lookahead()).map_err(|_| Trouble::Broken)?;
        Ok(Note { encoder, ogg: Ogg::opus(skip, HERTZ), encoded: 0, wanted: u64::from(skip) })
    }

    /// Encodes what is there in whole frames.
    fn take(&mut self, sound: &mut Vec<f32>) -> Result<(), Trouble> {
        let whole = sound.len() - sound.len() % FRAME_SAMPLES;
        for frame in sound[..whole].chunks_exact(FRAME_SAMPLES) {
            self.wanted += FRAME_SAMPLES as u64;
            self.encode(frame)?;
        }
        sound.drain(..whole);
        Ok(())
    }

    fn encode(&mut self, frame: &[f32]) -> Result<(), Trouble> {
        let mut packet = vec![0; PACKET_BYTES_MAX];
        let length = self.encoder.encode_float(frame, &mut packet).map_err(|_| Trouble::Broken)?;
        packet.truncate(length);
        self.encoded += FRAME_SAMPLES as u64;
        self.ogg.add(packet, self.encoded);
        Ok(())
    }

    /// Ends with silence until all of the sound is out of the encoder; players cut it off where the sound ends.
    fn end(mut self, mut rest: Vec<f32>) -> Result<Vec<u8>, Trouble> {
        self.wanted += rest.len() as u64;
        while self.encoded < self.wanted {
            rest.resize(FRAME_SAMPLES, 0.0);
            self.encode(&rest)?;
            rest.clear();
        }
        Ok(self.ogg.end(self.wanted))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ropus::{DecodeMode, Decoder};

    use super::*;
    use crate::files::ogg::packets;
    use crate::files::sniff::sniff;

    /// Frames of 128 kbit/s at 44.1 kHz on one channel: silence, or noise out of random bits.
    fn mp3(frames: usize, is_noise: bool) -> Vec<u8> {
        const SIDE: [(u32, u32); 10] =
            [(1_200, 12), (60, 9), (190, 8), (0, 5), (5, 5), (5, 5), (5, 5), (7, 4), (4, 3), (0, 3)];
        let mut bits = vec![false; 18];
        for (value, width) in SIDE.into_iter().chain(SIDE) {
            bits.extend((0..width).rev().map(|at| value >> at & 1 == 1));
        }
        let (mut all, mut seed) = (Vec::new(), 1_u32);
        for _ in 0..frames {
            let mut frame = vec![0; 417];
            frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0xc4]);
            if is_noise {
                bits.iter().enumerate().for_each(|(at, bit)| frame[4 + at / 8] |= u8::from(*bit) << (7 - at % 8));
                for byte in &mut frame[21..] {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *byte = (seed >> 24) as u8;
                }
            }
            all.extend(frame);
        }
        all
    }

    /// What a player makes of a note: how loud it is, and its length in samples.
    fn played(ogg: &[u8]) -> (f64, u64) {
        let (packets, end) = packets(ogg);
        assert!(packets[0].starts_with(b"OpusHead\x01\x01") && packets[1].starts_with(b"OpusTags"));
        let skip = u64::from(u16::from_le_bytes([packets[0][10], packets[0][11]]));
        let mut decoder = Decoder::new(HERTZ, Channels::Mono).expect("a decoder");
        let (mut energy, mut samples) = (0.0, 0_u64);
        for packet in &packets[2..] {
            let mut sound = [0_f32; FRAME_SAMPLES];
            let length = decoder.decode_float(packet, &mut sound, DecodeMode::Normal).expect("a packet");
            energy += sound[..length].iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
            samples += length as u64;
        }
        assert!(samples >= end && samples - end < FRAME_SAMPLES as u64, "{samples} for {end}");
        ((energy / samples as f64).sqrt(), end - skip)
    }

    #[test]
    fn what_is_heard_in_the_mp3_is_heard_in_the_note_and_lasts_as_long() {
        for (is_noise, least, most) in [(false, 0.0, 0.001), (true, 0.05, 1.0)] {
            let note = converted(Cursor::new(mp3(100, is_noise))).expect("a note");
            let found = sniff(&note);
            assert!(found.is_opus && found.mimetype == Some("audio/ogg"));
            let (loudness, samples) = played(&note);
            assert!((least..=most).contains(&loudness), "{is_noise}: {loudness}");
            let expected = 100 * 1_152 * 48_000 / 44_100;
            assert!(samples.abs_diff(expected) < 3_000, "{samples}, not {expected}");
        }
    }

    #[test]
    fn what_is_no_mp3_is_refused() {
        for broken in [b"".to_vec(), b"ID3\x04\0\0\0\0\0\0".to_vec(), vec![0xff; 10_000], vec![0; 10_000]] {
            assert_eq!(converted(Cursor::new(broken)), Err(Trouble::Broken));
        }
        let mut cut = mp3(20, true);
        cut.truncate(cut.len() - 200);
        assert!(converted(Cursor::new(cut)).is_ok(), "its end may be missing");
    }

    #[test]
    fn a_tone_stays_itself_between_rates() {
        for hertz in [8_000, 22_050, 32_000, 44_100, 48_000] {
            let mut resampler = Resampler::new(hertz).expect("a rate");
            let tone = |at: f64| (2.0 * PI * 440.0 * at).sin() as f32;
            (0..hertz).for_each(|at| resampler.push(tone(f64::from(at) / f64::from(hertz))));
            resampler.end();
            let middle = resampler.out.iter().enumerate().skip(1_000).take(40_000);
            let worst = middle.map(|(at, sample)| (sample - tone(at as f64 / 48_000.0)).abs()).fold(0.0, f32::max);
            assert!(worst < 0.02, "{hertz}: {worst}");
            assert!(resampler.out.len().abs_diff(48_000) < 200, "{hertz}: {}", resampler.out.len());
        }
        assert!(Resampler::new(96_000).is_none());
    }
}
