//! An animation (section 11.3.6), of which one frame at most is a page.

use super::CORRUPT;
use crate::container::bytes::Bytes;
use crate::{DecodeError, PageFormat};

/// What is seen of an animation while the chunks pass.
#[derive(Default)]
pub(super) struct Animation {
    is_animated: bool,
    frames: u64,
    /// The image that is shown without animation has no frame of its own.
    default_image_is_apart: bool,
    has_default_image: bool,
    first_frame: Option<[u32; 4]>,
}

impl Animation {
    /// Number of frames, number of plays.
    pub(super) fn take_control(&mut self, data: &[u8]) -> Result<(), DecodeError> {
        // After the pixels it is no longer valid, and viewers show the still image.
        self.is_animated |= !self.has_default_image;
        Bytes::big_endian(data).u32(4).map(|_| ()).ok_or(CORRUPT)
    }

    /// Sequence number, width, height, horizontal and vertical offset.
    pub(super) fn take_frame(&mut self, data: &[u8]) -> Result<(), DecodeError> {
        let data = Bytes::big_endian(data);
        let number = |offset| data.u32(offset).ok_or(CORRUPT);
        let place = [number(4)?, number(8)?, number(12)?, number(16)?];
        self.first_frame.get_or_insert(place);
        self.frames += 1;
        Ok(())
    }

    pub(super) fn take_default_image(&mut self) {
        if !self.has_default_image {
            self.has_default_image = true;
            self.default_image_is_apart = self.frames == 0;
        }
    }

    /// Whether there is one image, and it fills the page.
    pub(super) fn check(&self, width: u32, height: u32) -> Result<(), DecodeError> {
        if !self.is_animated {
            return Ok(());
        }
        let images = self.frames + u64::from(self.default_image_is_apart);
        match (images, self.first_frame) {
            (1, Some(place)) if place == [width, height, 0, 0] => Ok(()),
            (1, None) => Ok(()),
            (0 | 1, _) => Err(CORRUPT),
            _ => Err(DecodeError::MoreThanOneImage { format: PageFormat::Png }),
        }
    }
}
