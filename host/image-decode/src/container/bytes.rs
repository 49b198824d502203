//! Reading whole numbers at an offset.

/// Numbers of a file, in one byte order; `None` where the file is too short.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Bytes<'a> {
    pub(super) fn big_endian(bytes: &'a [u8]) -> Self {
        Self { bytes, big_endian: true }
    }

    pub(super) fn little_endian(bytes: &'a [u8]) -> Self {
        Self { bytes, big_endian: false }
    }

    pub(super) fn len(self) -> usize {
        self.bytes.len()
    }

    pub(super) fn array<const N: usize>(self, offset: usize) -> Option<[u8; N]> {
        let end = offset.checked_add(N)?;
        self.bytes.get(offset..end)?.try_into().ok()
    }

    pub(super) fn u8(self, offset: usize) -> Option<u8> {
        self.bytes.get(offset).copied()
    }

    pub(super) fn u16(self, offset: usize) -> Option<u16> {
        let bytes = self.array(offset)?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// Three bytes, always little-endian: only WebP has them.
    pub(super) fn u24(self, offset: usize) -> Option<u32> {
        let [low, middle, high] = self.array(offset)?;
        Some(u32::from_le_bytes([low, middle, high, 0]))
    }

    pub(super) fn u32(self, offset: usize) -> Option<u32> {
        let bytes = self.array(offset)?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// A length or an offset inside the file. On a 32-bit host what does not fit points past any file.
    pub(super) fn size(self, offset: usize) -> Option<usize> {
        Some(usize::try_from(self.u32(offset)?).unwrap_or(usize::MAX))
    }
}
