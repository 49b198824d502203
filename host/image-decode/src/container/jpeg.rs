//! JPEG (ITU-T T.81, annex B): marker segments from `SOI` to `EOI`.
//!
//! Bytes that belong to no segment are passed over, as libjpeg passes over them. A file without `EOI`
//! is cut short: it can't be told from one whose last rows are missing.

use image::metadata::Orientation;

use super::bytes::Bytes;
use super::{Alpha, Rewritten, Structure, exif};
use crate::{DecodeError, DecodeLimits, PageFormat};

mod frame;
use frame::Frame;

mod colour;
use colour::ColourSpace;

mod marker;

/// Scans cost time in proportion to the image, not to their bytes; encoders write about ten.
const MAX_SCANS: u32 = 100;
const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Jpeg };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Jpeg };

/// What the segments say, as far as they were walked.
#[derive(Default)]
struct Segments<'a> {
    frame: Option<Frame>,
    colour: ColourSpace,
    orientation: Option<Orientation>,
    scans: u32,
    visits: u64,
    kept: Rewritten<'a>,
}

pub(super) fn inspect<'a>(
    bytes: &'a [u8],
    limits: &DecodeLimits,
) -> Result<Structure<'a>, DecodeError> {
    let file = Bytes::big_endian(bytes);
    let mut segments = Segments::default();
    let mut offset = 2;
    loop {
        let (marker, after) = next_marker(file, offset)?;
        if marker == marker::END_OF_IMAGE {
            break;
        }
        if marker::is_standalone(marker) {
            offset = after;
            continue;
        }
        let length = usize::from(file.u16(after).ok_or(TRUNCATED)?);
        let end = after + length;
        if length < 2 {
            return Err(CORRUPT);
        }
        let data = bytes.get(after + 2..end).ok_or(TRUNCATED)?;
        let segment = bytes.get(after - 2..end).ok_or(TRUNCATED)?;
        offset = segments.take(bytes, limits, Segment { marker, data, whole: segment, end })?;
    }
    segments.finish(bytes.len(), limits)
}

struct Segment<'a> {
    marker: u8,
    /// After its length.
    data: &'a [u8],
    /// From its marker on.
    whole: &'a [u8],
    end: usize,
}

impl<'a> Segments<'a> {
    /// Looks at one segment, and says where the next one may begin.
    fn take(
        &mut self,
        bytes: &'a [u8],
        limits: &DecodeLimits,
        segment: Segment<'a>,
    ) -> Result<usize, DecodeError> {
        if let Some(feature) = marker::unsupported(segment.marker) {
            return Err(unsupported(feature));
        }
        match segment.marker {
            marker if marker::is_start_of_frame(marker) => {
                let frame = Frame::parse(marker, segment.data, limits)?;
                if self.frame.replace(frame).is_some() {
                    return Err(CORRUPT);
                }
                self.kept.push(segment.whole);
            }
            marker::START_OF_SCAN => {
                let end = after_entropy_coded_data(bytes, segment.end)?;
                self.take_scan(segment.data)?;
                self.kept.push(segment.whole);
                self.kept.push(&bytes[segment.end..end]);
                return Ok(end);
            }
            marker::APP0 => {
                self.colour.take_jfif(segment.data);
                // Its `AVI1` stands for the Huffman tables that single frames of videos lack.
                self.kept.push(segment.whole);
            }
            marker::APP1 if segment.data.starts_with(exif::PREFIX) => {
                self.orientation.get_or_insert_with(|| exif::orientation(segment.data));
            }
            marker::APP14 => self.colour.take_adobe(segment.data),
            marker::HUFFMAN_TABLES | marker::QUANTIZATION_TABLES | marker::RESTART_INTERVAL => {
                self.kept.push(segment.whole);
            }
            // Thumbnails, profiles, comments and what cameras note for themselves.
            _ => {}
        }
        Ok(segment.end)
    }

    fn take_scan(&mut self, header: &[u8]) -> Result<(), DecodeError> {
        let frame = self.frame.as_ref().ok_or(CORRUPT)?;
        self.visits = self.visits.saturating_add(frame.visits_of_scan(header)?);
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(unsupported("more than 100 scans"));
        }
        Ok(())
    }

    fn finish(
        self,
        file_bytes: usize,
        limits: &DecodeLimits,
    ) -> Result<Structure<'a>, DecodeError> {
        let frame = self.frame.filter(|_| self.scans > 0).ok_or(CORRUPT)?;
        let size = (frame.width, frame.height);
        // One visit more for the transform into pixels.
        let visits = self.visits.saturating_add(frame.samples());
        limits.check_visits(size, frame.components(), visits, file_bytes)?;
        let mut rewritten = Rewritten::default();
        rewritten.push([0xff, 0xd8].as_slice());
        if let Some(segment) = self.colour.as_segment(&frame)? {
            rewritten.push(segment);
        }
        rewritten.append(self.kept);
        rewritten.push([0xff, marker::END_OF_IMAGE].as_slice());
        Ok(Structure {
            width: frame.width,
            height: frame.height,
            decoded_bytes_per_pixel: if frame.components() == 1 { 1 } else { 3 },
            has_alpha: false,
            working_bytes_per_pixel: frame.working_bytes_per_pixel(),
            visits,
            alpha: Alpha::Straight,
            stored_samples: frame.components(),
            crop: None,
            orientation: self.orientation.unwrap_or(Orientation::NoTransforms),
            rewritten,
        })
    }
}

fn unsupported(feature: &'static str) -> DecodeError {
    DecodeError::UnsupportedVariety { format: PageFormat::Jpeg, feature }
}

/// The next marker and the offset after it. Any number of fill bytes may precede it (B.1.1.2), and
/// bytes that are no marker are passed over.
fn next_marker(file: Bytes<'_>, mut offset: usize) -> Result<(u8, usize), DecodeError> {
    let mut previous = 0;
    loop {
        let byte = file.u8(offset).ok_or(TRUNCATED)?;
        offset += 1;
        if previous == 0xff && byte != 0xff && byte != 0 {
            return Ok((byte, offset));
        }
        previous = byte;
    }
}

/// Where the marker after a scan stands: neither a stuffed zero nor a restart marker.
fn after_entropy_coded_data(bytes: &[u8], mut offset: usize) -> Result<usize, DecodeError> {
    loop {
        let rest = bytes.get(offset..).ok_or(TRUNCATED)?;
        offset += rest.iter().position(|&byte| byte == 0xff).ok_or(TRUNCATED)?;
        match bytes.get(offset + 1).ok_or(TRUNCATED)? {
            0x00 | 0xd0..=0xd7 => offset += 2,
            0xff => offset += 1,
            _ => return Ok(offset),
        }
    }
}
