//! The data every part of dossier shares.
//!
//! Nothing here does I/O, and nothing here is serialisable: wire formats belong to the crates that
//! speak them. Whatever can hold personal data redacts its `Debug`.
#![forbid(unsafe_code)]

mod document_type;
pub use document_type::{DocumentTypeId, InvalidDocumentTypeId};

mod page;
pub use page::{InvalidPageImage, PageImage};

mod located_page;
pub use located_page::{LocatedPage, Point};

mod barcode;
pub use barcode::{Barcode, Symbology};

mod embedding;
pub use embedding::Embedding;

mod field;
pub use field::{FieldName, FieldReading, FieldRequest, FieldText, InvalidFieldName, LineShape};

mod zone;
pub use zone::{InvalidZoneFormat, ZoneCell, ZoneFormat};

mod character_set;
pub use character_set::{CharacterSet, InvalidCharacterSet};

mod check;
pub use check::{Check, CheckOutcome, Verdict};

mod digest;
pub use digest::{Digest, InvalidDigest};

mod tenant;
pub use tenant::{InvalidTenant, Tenant};

mod causes;
pub use causes::with_causes;

mod git_lfs;
pub use git_lfs::is_git_lfs_pointer;

mod plain;
pub use plain::{is_plain, plain_text};
