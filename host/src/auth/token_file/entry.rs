//! One entry of the file, and the token that it is of.

use std::fmt;

use dossier_engine::identify::Reach;

use super::*;

/// A token of a client, by its digest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEntry {
    /// What it is called when it is listed or revoked: as a tenant's name.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// The SHA-256 of the token's text, 64 hexadecimal digits in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    /// In its place: the SHA-256 of the certificate that the client shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_sha256: Option<String>,
    /// When its time is over, as RFC 3339 writes it; without it, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The document types it reaches: names, or beginnings of names and `*`.
    pub document_types: Vec<String>,
    /// Requests of the tenant in a minute at most; without it, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_a_minute: Option<u32>,
    /// Documents of the tenant in work or waiting at most; without it, its share of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent_documents: Option<u32>,
}

/// A token as its owner gets it. Nothing of it shows in `Debug`.
pub struct Secret(String);

impl Secret {
    /// Words ahead of the random ones, by which whoever searches for leaked tokens finds them.
    const PREFIX: &str = "dossier_";

    /// 256 random bits.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{}{}", Self::PREFIX, hexadecimal(&bytes))))
    }

    /// The text that the client sends.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn sha256(&self) -> String {
        hexadecimal(&bearer::digest(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl TokenEntry {
    /// A token that reaches these document types of a tenant, for ever and as often as it likes. Its digest
    /// is that of the token that is made when it is added.
    #[must_use]
    pub fn new(id: String, tenant: String, document_types: Vec<String>) -> Self {
        Self {
            id,
            tenant,
            sha256: None,
            certificate_sha256: None,
            expires: None,
            document_types,
            requests_a_minute: None,
            concurrent_documents: None,
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let expires = self.expires.as_deref().and_then(|text| moment(text).ok());
        expires.is_some_and(|expires| expires <= now)
    }

    /// What the host makes of it.
    ///
    /// # Errors
    /// The first key whose value makes no sense, and why.
    pub(super) fn read(&self) -> Result<ClientToken, (&'static str, String)> {
        self.id
            .parse::<Tenant>()
            .map_err(|_| ("id", "1 to 64 of a-z, A-Z, 0-9, `-`, `_`, `.` and `@`".to_owned()))?;
        let tenant =
            self.tenant.parse::<Tenant>().map_err(|error| ("tenant", error.to_string()))?;
        let (key, digest) = match (&self.sha256, &self.certificate_sha256) {
            (Some(digest), None) => ("sha256", digest),
            (None, Some(digest)) => ("certificate_sha256", digest),
            (Some(_), Some(_)) | (None, None) => {
                return Err(("sha256", "must stand there, or certificate_sha256 must".to_owned()));
            }
        };
        let digest = format!("sha256:{digest}").parse::<dossier_document::Digest>();
        let refused = |_| (key, "must be 64 hexadecimal digits in lower case".to_owned());
        let digest = digest.map_err(refused)?;
        let expires = self.expires.as_deref().map(moment).transpose();
        let expires = expires.map_err(|error| ("expires", error))?;
        if self.document_types.is_empty() || self.document_types.len() > MOST_PATTERNS {
            return Err(("document_types", format!("must be 1 to {MOST_PATTERNS} patterns")));
        }
        let document_types =
            patterns_of(&self.document_types).map_err(|error| ("document_types", error))?;
        let Self { requests_a_minute, concurrent_documents, .. } = *self;
        within("requests_a_minute", requests_a_minute, MOST_REQUESTS_A_MINUTE)?;
        within("concurrent_documents", concurrent_documents, MOST_CONCURRENT_DOCUMENTS)?;
        let caller = Caller {
            tenant,
            token: Some(self.id.clone()),
            document_types: Reach::of(Some(document_types)),
            requests_a_minute,
            concurrent_documents: concurrent_documents.map(|number| number as usize),
        };
        Ok(ClientToken { digest: digest.to_bytes(), expires, caller: Arc::new(caller) })
    }
}

/// A moment as RFC 3339 writes it, with its offset.
fn moment(text: &str) -> Result<Timestamp, String> {
    let refused = || "must be a date and time such as 2027-01-31T00:00:00Z".to_owned();
    if text.len() > 64 {
        return Err(refused());
    }
    text.parse().map_err(|_| refused())
}

fn within(key: &'static str, number: Option<u32>, most: u32) -> Result<(), (&'static str, String)> {
    match number {
        Some(number) if !(1..=most).contains(&number) => {
            Err((key, format!("must be a whole number from 1 to {most}")))
        }
        _ => Ok(()),
    }
}
