//! Numbers of tags, named as in TIFF 6.0 and its supplements.

pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
pub(super) const SUBFILE_TYPE: u16 = 255;
pub(super) const IMAGE_WIDTH: u16 = 256;
pub(super) const IMAGE_LENGTH: u16 = 257;
pub(super) const BITS_PER_SAMPLE: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC_INTERPRETATION: u16 = 262;
pub(super) const FILL_ORDER: u16 = 266;
pub(super) const STRIP_OFFSETS: u16 = 273;
pub(super) const ORIENTATION: u16 = 274;
pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
pub(super) const ROWS_PER_STRIP: u16 = 278;
pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
pub(super) const PLANAR_CONFIGURATION: u16 = 284;
pub(super) const T6_OPTIONS: u16 = 293;
pub(super) const PREDICTOR: u16 = 317;
pub(super) const TILE_WIDTH: u16 = 322;
pub(super) const TILE_LENGTH: u16 = 323;
pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_BYTE_COUNTS: u16 = 325;
pub(super) const INK_SET: u16 = 332;
pub(super) const NUMBER_OF_INKS: u16 = 334;
pub(super) const DOT_RANGE: u16 = 336;
pub(super) const EXTRA_SAMPLES: u16 = 338;
pub(super) const SAMPLE_FORMAT: u16 = 339;
pub(super) const INDEXED: u16 = 346;
pub(super) const JPEG_TABLES: u16 = 347;
pub(super) const OPI_PROXY: u16 = 351;
pub(super) const REFERENCE_BLACK_WHITE: u16 = 532;

/// Tags that change pixels in ways that are not read here, whatever they hold.
pub(super) const NEVER_READ: &[(u16, &str)] = &[
    (291, "the tag GrayResponseCurve"),
    (301, "the tag TransferFunction"),
    (342, "the tag TransferRange"),
    (343, "the tag ClipPath"),
    (400, "the tag GlobalParametersIFD"),
    (433, "the tag Decode"),
    (434, "the tag DefaultImageColor"),
    (559, "the tag StripRowCounts"),
    (32_995, "the tag Matteing"),
    (32_996, "the tag DataType"),
    (32_997, "the tag ImageDepth"),
    (32_998, "the tag TileDepth"),
    (33_421, "a camera's raw image"),
    (50_706, "DNG, a camera's raw image"),
];
