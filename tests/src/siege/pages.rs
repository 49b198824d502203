//! Pages that cost more than they look.

/// A WebP of 38 bytes that states `side` x `side` pixels of one colour, losslessly.
pub(super) fn webp_of_one_colour(side: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(side - 1, 14);
    bits.put(side - 1, 14);
    // No opacity, version 0, no transform, no colour cache, one group of codes.
    bits.put(0, 1 + 3 + 1 + 1 + 1);
    // Five codes of one symbol each: green, red, blue, opacity, distance. None takes a bit.
    for symbol in [255, 255, 255, 255, 0] {
        // A simple code of one symbol, which takes eight bits.
        bits.put(0b1_0_1, 3);
        bits.put(symbol, 8);
    }
    let mut data = bits.bytes;
    let length = u32::try_from(data.len()).unwrap_or_default();
    if data.len() % 2 == 1 {
        data.push(0);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(4 + 8 + data.len()).unwrap_or_default().to_le_bytes());
    file.extend(b"WEBPVP8L");
    file.extend(length.to_le_bytes());
    file.extend(data);
    file
}

/// Bits of a stream, the least significant first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u32, bits: u32) {
        for bit in 0..bits {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let (1, Some(last)) = (value >> bit & 1, self.bytes.last_mut()) {
                *last |= 1 << (self.used % 8);
            }
            self.used += 1;
        }
    }
}

/// A progressive JPEG in grey of so many scans, each of which visits every block and says nothing.
pub(super) fn jpeg_of_scans(side: u16, scans: usize) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    let mut segment = |marker: u8, content: &[u8]| {
        file.extend([0xff, marker]);
        file.extend(u16::try_from(content.len() + 2).unwrap_or_default().to_be_bytes());
        file.extend(content);
    };
    segment(0xdb, &[&[0][..], &[1; 64]].concat());
    let [high, low] = side.to_be_bytes();
    segment(0xc2, &[8, high, low, high, low, 1, 1, 0x11, 0]);
    // One code of one bit: difference 0 for the mean, a run of 2^14 and more empty blocks for the rest.
    let lengths = [&[1_u8][..], &[0; 15]].concat();
    segment(0xc4, &[&[0x00][..], &lengths, &[0]].concat());
    segment(0xc4, &[&[0x10][..], &lengths, &[0xe0]].concat());
    let blocks = usize::from(side.div_ceil(8)).pow(2);
    // The mean: one bit a block, all 0.
    segment(0xda, &[1, 1, 0, 0, 0, 0]);
    file.extend(std::iter::repeat_n(0, blocks.div_ceil(8)));
    for _ in 0..scans {
        file.extend([0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0]);
        // Runs of 2^14 blocks: a bit of code and 14 bits, all 0.
        file.extend(std::iter::repeat_n(0, (blocks.div_ceil(1 << 14) * 15).div_ceil(8)));
    }
    file.extend([0xff, 0xd9]);
    file
}
