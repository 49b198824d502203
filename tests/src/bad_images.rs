//! Pages that are none.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};

/// The formats that are read, by name.
pub const FORMATS: [(&str, ImageFormat); 4] = [
    ("png", ImageFormat::Png),
    ("jpeg", ImageFormat::Jpeg),
    ("webp", ImageFormat::WebP),
    ("tiff", ImageFormat::Tiff),
];

/// White paper.
#[must_use]
pub fn blank(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let page = RgbImage::from_pixel(width, height, image::Rgb([255; 3]));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(page)
        .write_to(&mut file, format)
        .expect("these formats encode any RGB image");
    file.into_inner()
}

/// A file of `format` whose header states `side` x `side` pixels, and which holds next to none.
#[must_use]
pub fn stating(side: u16, format: ImageFormat) -> Vec<u8> {
    let mut file = blank(8, 8, format);
    let (at, bytes): (usize, Vec<u8>) = match format {
        ImageFormat::Png => {
            (16, [u32::from(side).to_be_bytes(), u32::from(side).to_be_bytes()].concat())
        }
        ImageFormat::Jpeg => {
            let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("baseline");
            (frame + 5, [side.to_be_bytes(), side.to_be_bytes()].concat())
        }
        ImageFormat::WebP => return extended_webp(u32::from(side)),
        _ => return tiff(u32::from(side)),
    };
    file[at..at + bytes.len()].copy_from_slice(&bytes);
    file
}

fn extended_webp(side: u32) -> Vec<u8> {
    let mut file = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    for _ in 0..2 {
        file.extend(&(side - 1).to_le_bytes()[..3]);
    }
    file
}

fn tiff(side: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0\x02\0".to_vec();
    for tag in [256_u16, 257] {
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(side.to_le_bytes());
    }
    file.extend([0; 4]);
    file
}
