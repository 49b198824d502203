//! Untrusted bytes to an RGB page, under limits.
//!
//! [`PageFile`] is the only way in, and [`PageFile::header`] says beforehand what a page will cost. It looks
//! at the bytes in this order, and stops at the first objection: length, format (by content, never by
//! name), how many pages there are, the page's own structure up to its end with dimensions and work, memory;
//! only then are pixels decoded, of a file written anew that holds nothing but what was judged. PDF and TIFF
//! hold several pages; animations are refused, because a page dropped in silence is a page not read.
//! [`decode_page`] and [`read_header`] are for files of one page.
//!
//! It returns an error and never panics, and no error holds a byte of the input.
#![forbid(unsafe_code)]

mod limits;
pub use limits::{DecodeLimits, Limit};

mod error;
pub use error::DecodeError;

mod format;
pub use format::PageFormat;

mod cost;
pub use cost::{PageCost, PageHeader};

mod container;

mod file;
pub use file::PageFile;

mod decoder;
pub use decoder::{decode_page, read_header};

#[cfg(test)]
mod testing;
