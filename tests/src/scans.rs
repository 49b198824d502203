//! Files of several pages, as scanners and programs make them: PDF and TIFF.

use std::fmt::Write as _;

use image::RgbImage;

/// One page of a PDF, with the picture that it shows.
#[derive(Clone, Debug)]
pub struct ScannedPage {
    /// Width and height of the picture in pixels.
    pub size: (u32, u32),
    /// Its samples, packed with `filter`.
    pub data: Vec<u8>,
    /// The filter's name, or nothing.
    pub filter: &'static str,
    /// Degrees that the page is turned clockwise when it is shown.
    pub rotate: u32,
    /// Width and height of the page in points.
    pub points: (u32, u32),
}

impl ScannedPage {
    /// A page of this JPEG.
    #[must_use]
    pub fn of_jpeg(jpeg: Vec<u8>, size: (u32, u32)) -> Self {
        Self { size, data: jpeg, filter: "DCTDecode", rotate: 0, points: size }
    }

    /// A page of these pixels as they are.
    #[must_use]
    pub fn of_pixels(image: &RgbImage) -> Self {
        let (size, data) = (image.dimensions(), image.as_raw().clone());
        Self { size, data, filter: "", rotate: 0, points: size }
    }
}

/// A PDF of these pages.
#[must_use]
pub fn pdf(pages: &[ScannedPage]) -> Vec<u8> {
    pdf_with(pages, &kids(pages.len()), "")
}

/// A PDF of these pages, with what stands in the array of all pages, and more keys of its trailer. The pages
/// are the objects 3, 6, 9 and so on.
#[must_use]
pub fn pdf_with(pages: &[ScannedPage], kids: &str, trailer: &str) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Count {}/Kids[{kids}]>>", pages.len()).into_bytes(),
    ];
    for (index, page) in pages.iter().enumerate() {
        let ((width, height), (across, up), rotate) = (page.size, page.points, page.rotate);
        let picture = 3 * index + 4;
        let contents = picture + 1;
        objects.push(
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {across} {up}]/Rotate {rotate}\
                 /Contents {contents} 0 R/Resources<</XObject<</I {picture} 0 R>>>>>>"
            )
            .into_bytes(),
        );
        let filter =
            if page.filter.is_empty() { String::new() } else { format!("/Filter/{}", page.filter) };
        let picture = format!(
            "/Type/XObject/Subtype/Image/Width {width}/Height {height}\
             /ColorSpace/DeviceRGB/BitsPerComponent 8{filter}"
        );
        objects.push(stream(&picture, &page.data));
        objects.push(stream("", format!("q {across} 0 0 {up} 0 0 cm /I Do Q").as_bytes()));
    }
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).expect("memory is never full");
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let at = file.len();
    let size = objects.len() + 1;
    file.extend(table.bytes());
    file.extend(
        format!("trailer <</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n").bytes(),
    );
    file
}

/// References to so many pages.
#[must_use]
pub fn kids(pages: usize) -> String {
    (0..pages).map(|index| format!("{} 0 R ", 3 * index + 3)).collect()
}

fn stream(keys: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<<{keys}/Length {}>>stream\n", data.len()).into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}

/// A TIFF of these pages, not compressed.
#[must_use]
pub fn tiff(pages: &[RgbImage]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for (index, page) in pages.iter().enumerate() {
        let directory = file.len();
        let entries = [
            (256_u16, page.width()),
            (257, page.height()),
            (258, 8),
            (259, 1),
            (262, 2),
            (273, number(directory + 2 + 9 * 12 + 4)),
            (277, 3),
            (278, page.height()),
            (279, number(page.as_raw().len())),
        ];
        file.extend(9_u16.to_le_bytes());
        for (tag, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend([4, 0, 1, 0, 0, 0]);
            file.extend(value.to_le_bytes());
        }
        let next = directory + 2 + 9 * 12 + 4 + page.as_raw().len();
        let is_last = index + 1 == pages.len();
        file.extend(if is_last { 0 } else { number(next) }.to_le_bytes());
        file.extend(page.as_raw());
    }
    file
}

fn number(size: usize) -> u32 {
    u32::try_from(size).expect("short")
}
