//! Measuring images and making their small pictures, under limits: a file of a few bytes can claim to be a picture of
//! gigabytes.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use crate::error::Error;

/// What a phone's camera makes today, and a little more.
pub const PIXELS_MAX: u64 = 50_000_000;
/// What decoding one image may take.
const DECODE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The longer side of a small picture.
pub const THUMBNAIL_PIXELS_MAX: u32 = 320;
const THUMBNAIL_QUALITY: u8 = 75;

/// One at a time, so that a flood of images can't take all the memory.
static ROOM: Semaphore = Semaphore::const_new(1);

/// A measured image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// As it is shown, turned as its EXIF says.
    pub width: u32,
    pub height: u32,
    /// A JPEG.
    pub thumbnail: Vec<u8>,
}

/// Measures an image away from the asynchronous threads; `None` if it is broken, or larger than the limits allow.
///
/// # Errors
/// A fault of ours.
pub async fn measure(file: File, mimetype: &str) -> Result<Option<Picture>, Error> {
    let Some(format) = ImageFormat::from_mime_type(mimetype) else { return Ok(None) };
    let held = ROOM.acquire().await.map_err(Error::internal)?;
    let measured = tokio::task::spawn_blocking(move || {
        let _held = held;
        picture_of(BufReader::new(file), format)
    });
    // A decoder that panics met an image that is broken in a new way.
    Ok(measured.await.unwrap_or_default())
}

fn picture_of(input: impl BufRead + Seek, format: ImageFormat) -> Option<Picture> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    let mut reader = ImageReader::with_format(input, format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.total_bytes() > DECODE_BYTES_MAX {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let image = DynamicImage::from_decoder(decoder).ok()?;
    // Made small before it is turned, which is then cheap.
    let side = THUMBNAIL_PIXELS_MAX;
    let is_small = image.width() <= side && image.height() <= side;
    let mut small = if is_small { image.clone() } else { image.thumbnail(side, side) };
    small.apply_orientation(orientation);
    let is_turned = (small.width() > small.height()) != (width > height) && width != height;
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    let mut thumbnail = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut thumbnail, THUMBNAIL_QUALITY).encode_image(&on_white(&small)).ok()?;
    Some(Picture { width, height, thumbnail: thumbnail.into_inner() })
}

/// A JPEG has no transparency; what shines through is white, as the paper of a chat.
fn on_white(image: &DynamicImage) -> DynamicImage {
    let mut paper = image::RgbaImage::from_pixel(image.width(), image.height(), image::Rgba([255; 4]));
    image::imageops::overlay(&mut paper, &image.to_rgba8(), 0, 0);
    DynamicImage::ImageRgba8(paper).to_rgb8().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encoded");
        bytes.into_inner()
    }

    #[test]
    fn an_image_is_measured_and_its_small_picture_is_small() {
        let image = DynamicImage::new_rgba8(900, 300);
        for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let picture = picture_of(Cursor::new(encoded(&image, format)), format).expect("a picture");
            assert_eq!((picture.width, picture.height), (900, 300), "{format:?}");
            let small = image::load_from_memory_with_format(&picture.thumbnail, ImageFormat::Jpeg).expect("a JPEG");
            assert_eq!((small.width(), small.height()), (320, 107), "{format:?}");
            assert_eq!(small.to_rgb8().get_pixel(5, 5).0, [255; 3], "nothing was there, so the paper is seen");
        }
        let tiny = encoded(&DynamicImage::new_rgb8(3, 2), ImageFormat::Jpeg);
        let picture = picture_of(Cursor::new(tiny), ImageFormat::Jpeg).expect("a picture");
        let small = image::load_from_memory(&picture.thumbnail).expect("a JPEG");
        assert_eq!((small.width(), small.height()), (3, 2), "never made larger");
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_not_decoded() {
        let mut bytes = encoded(&DynamicImage::new_luma8(10, 10), ImageFormat::Png);
        for at in [16, 20] {
            bytes[at..at + 4].copy_from_slice(&100_000_u32.to_be_bytes());
        }
        let crc = crc_of(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(picture_of(Cursor::new(bytes), ImageFormat::Png), None);
    }

    #[test]
    fn broken_images_and_other_things_are_no_pictures() {
        let whole = encoded(&DynamicImage::new_rgb8(64, 64), ImageFormat::Png);
        for bytes in [&whole[..whole.len() / 2], b"GIF89a", b"", b"<svg/>"] {
            for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Jpeg, ImageFormat::WebP] {
                assert_eq!(picture_of(Cursor::new(bytes), format), None);
            }
        }
    }

    /// The checksum of a PNG's chunk.
    fn crc_of(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }
}
