//! The one place where bytes become machine code without a compiler.
#![expect(
    unsafe_code,
    reason = "wasmtime runs what it deserialises: it can't check that a compiler made it"
)]

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes that bear an authentication code under the cache's key.
///
/// There is no way to one but [`Authenticated::new`], and none to native code but through one.
pub(super) struct Authenticated<'a>(&'a [u8]);

impl<'a> Authenticated<'a> {
    /// The code, if the tag is that of `mac` over what it has seen and the code. The comparison
    /// takes the same time wherever they differ.
    pub(super) fn new(mac: Hmac<Sha256>, tag: &[u8], code: &'a [u8]) -> Option<Self> {
        mac.chain_update(code).verify_slice(tag).ok().map(|()| Self(code))
    }

    /// The component. wasmtime copies the bytes, so a file that changes later changes nothing.
    #[expect(clippy::disallowed_methods, reason = "this is the cache that the ban leaves room for")]
    pub(super) fn into_component(self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` wants bytes that `Component::serialize` made. These bear a tag
        // under a key that this process's user alone can read, and nothing but `CodeCache::write`
        // makes tags, of what `serialize` just made. The tag also covers the digest of the
        // component and the hash of the engine, so it is this component's code, compiled for an
        // equal engine; and the bytes checked are the bytes used, for they are in memory.
        unsafe { Component::deserialize(engine, self.0) }
    }
}
