//! What the components mean: JFIF, Adobe's segment, or else the components' numbers, as libjpeg
//! decides (`jdapimin.c`, `default_decompress_parms`).

use super::frame::Frame;
use super::{marker, unsupported};
use crate::DecodeError;

/// What is known of the components before the frame's own numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ColourSpace {
    has_jfif: bool,
    /// The transform that Adobe's segment names.
    adobe: Option<u8>,
}

const CMYK_OR_RGB: u8 = 0;
const YCBCR: u8 = 1;
const YCCK: u8 = 2;

impl ColourSpace {
    pub(super) fn take_jfif(&mut self, data: &[u8]) {
        self.has_jfif |= data.starts_with(b"JFIF\0");
    }

    /// Version, two words of flags, transform.
    pub(super) fn take_adobe(&mut self, data: &[u8]) {
        if let (b"Adobe", Some(transform)) = (data.get(..5).unwrap_or_default(), data.get(11)) {
            self.adobe = Some(*transform);
        }
    }

    /// Adobe's segment that says what libjpeg would have decided; grey images have none.
    pub(super) fn as_segment(self, frame: &Frame) -> Result<Option<Vec<u8>>, DecodeError> {
        let transform = match frame.components() {
            3 => self.transform_of_three(frame)?,
            4 if matches!(self.adobe, None | Some(CMYK_OR_RGB)) => CMYK_OR_RGB,
            4 => YCCK,
            _ => return Ok(None),
        };
        let mut segment = vec![0xff, marker::APP14, 0, 14];
        segment.extend(b"Adobe\0\x64\0\0\0\0");
        segment.push(transform);
        Ok(Some(segment))
    }

    fn transform_of_three(self, frame: &Frame) -> Result<u8, DecodeError> {
        let is_named_rgb = frame.ids().eq(*b"RGB");
        let is_rgb = match self.adobe {
            _ if self.has_jfif => false,
            Some(transform) => transform == CMYK_OR_RGB,
            None => is_named_rgb,
        };
        match (is_rgb, is_named_rgb) {
            (true, _) => Ok(CMYK_OR_RGB),
            (false, false) => Ok(YCBCR),
            // The codec goes by the names alone.
            (false, true) => Err(unsupported("components named RGB that hold other colours")),
        }
    }
}
