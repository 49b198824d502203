//! Values made of bytes against those made at once.

use std::fs;

use super::*;

#[test]
fn values_made_of_bytes_are_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = r#"{"size": {"height": 9, "width": 16}, "image_mean": [0.1, 0.5, 0.9], "image_std": [0.2, 0.4, 0.7]}"#;
    fs::write(folder.path().join("preprocessor_config.json"), config).expect("a file");
    let processor = ImageProcessor::load(folder.path()).expect("a valid configuration");
    let on_device = OnDevice::new(&processor, &Device::Cpu).expect("tables");
    let pages = [(16, 9), (40, 30), (7, 21)].map(|(width, height)| {
        let bytes = (0..3 * width * height).map(|byte| (byte * 89 % 256) as u8).collect();
        PageImage::new(width, height, bytes).expect("RGB")
    });
    let bytes = pages.iter().map(|page| {
        let (size, bytes) = on_device.bytes(&processor, page).expect("bytes");
        assert_eq!((size, bytes.dtype()), ([9, 16], DType::U8));
        bytes
    });
    let bytes = Tensor::cat(&bytes.collect::<Vec<_>>(), 0).expect("one tensor");
    let found = on_device.pixel_values(&bytes).expect("values");
    assert_eq!(found.dims(), [3, 3, 9, 16]);
    let found = found.flatten_all().and_then(|found| found.to_vec1::<f32>()).expect("values");
    let values = |page| processor.pixel_values(page).expect("values").1;
    assert_eq!(found, pages.iter().flat_map(values).collect::<Vec<_>>());
}
