//! Small components written by hand: each function of the world is WebAssembly text.
//!
//! wit-component wraps the core module, as it does for every language; what the functions do is up
//! to the test, including what no compiler would ever emit.

use std::time::Duration;

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// Where the data of a guest starts in its memory.
const DATA_START: u32 = 1024;
/// The document type that a guest describes.
pub(crate) const DOCUMENT_TYPE: &str = "test/paper/1";
/// Never ends.
pub(crate) const LOOP: &str = "(loop $for_ever (br $for_ever)) unreachable";

const WIT: &str = include_str!("../../../../wit/v1/rules.wit");
/// What a guest imports that sleeps.
pub(crate) const ALARM: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration"
      (func $alarm (param i64) (result i32)))
    (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $sleep (param i32)))"#;
/// The interfaces of WASI 0.2 that these are of, and the world of such a guest.
const SLEEPING: [&str; 3] = [
    "package wasi:io@0.2.6; interface poll { resource pollable { block: func(); } }",
    "package wasi:clocks@0.2.6; interface monotonic-clock { use wasi:io/poll@0.2.6.{pollable};
       subscribe-duration: func(when: u64) -> pollable; }",
    "package test:sleeping@1.0.0; world sleeping {
       import wasi:clocks/monotonic-clock@0.2.6; export dossier:rules/hooks@1.0.0; }",
];

/// Sleeps, in the body of a function.
pub(crate) fn sleep(time: Duration) -> String {
    format!("(call $sleep (call $alarm (i64.const {})))", time.as_nanos())
}

/// A component in the making. Functions are bodies in WebAssembly text that leave the address of
/// their result on the stack; their parameters are numbered.
pub(crate) struct Guest {
    pub(crate) describe: String,
    pub(crate) before: String,
    pub(crate) after: String,
    /// More fields of the core module, such as imports and functions; they stand first.
    pub(crate) extra: String,
    /// Pages of memory, and the most it may grow to.
    pub(crate) memory: &'static str,
    pub(crate) data: Data,
}

/// The bytes that a guest's memory starts with.
#[derive(Default)]
pub(crate) struct Data(Vec<u8>);

impl Data {
    /// Lays bytes down and tells their address.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> u32 {
        while !self.0.len().is_multiple_of(8) {
            self.0.push(0);
        }
        let address = DATA_START + u32::try_from(self.0.len()).expect("small data");
        self.0.extend_from_slice(bytes);
        address
    }

    /// Lays a text down and tells its address and length, as strings and lists are passed.
    pub(crate) fn text(&mut self, text: &str) -> [u32; 2] {
        [self.bytes(text.as_bytes()), u32::try_from(text.len()).expect("short text")]
    }

    /// Lays numbers down, each in four bytes.
    pub(crate) fn words(&mut self, words: &[u32]) -> u32 {
        self.bytes(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
    }

    fn as_wat(&self) -> String {
        self.0.iter().map(|byte| format!("\\{byte:02x}")).collect()
    }
}

/// A field request in memory: the record of the WIT file, field by field.
pub(crate) struct RawRequest<'a> {
    pub(crate) name: &'a str,
    pub(crate) page: u32,
    pub(crate) characters: &'a str,
    pub(crate) max_length: u32,
    pub(crate) shape: Option<(u32, u32)>,
}

impl Default for RawRequest<'_> {
    fn default() -> Self {
        Self { name: "surname", page: 0, characters: "A-Z", max_length: 20, shape: None }
    }
}

/// A check in memory.
pub(crate) struct RawCheck<'a> {
    pub(crate) code: &'a str,
    pub(crate) outcome: u32,
    pub(crate) field: &'a str,
    pub(crate) message: &'a str,
}

impl Default for RawCheck<'_> {
    fn default() -> Self {
        Self { code: "surname.is_there", outcome: 0, field: "surname", message: "it is" }
    }
}

impl Guest {
    /// Good rules: one field, one check.
    pub(crate) fn good() -> Self {
        let mut guest = Self {
            describe: String::new(),
            before: String::new(),
            after: String::new(),
            extra: String::new(),
            memory: "2",
            data: Data::default(),
        };
        guest.describes("paper", "1.0.0", &[DOCUMENT_TYPE]);
        guest.requests(&[RawRequest::default()]);
        guest.reports(&[("surname", Some("ERIKSSON"), "visual")], &[RawCheck::default()]);
        guest
    }

    pub(crate) fn describes(&mut self, name: &str, version: &str, document_types: &[&str]) {
        let [name, name_length] = self.data.text(name);
        let [version, version_length] = self.data.text(version);
        let types = document_types.iter().flat_map(|id| self.data.text(id)).collect::<Vec<_>>();
        let count = u32::try_from(document_types.len()).expect("few types");
        let types = self.data.words(&types);
        let result = self.data.words(&[name, name_length, version, version_length, types, count]);
        self.describe = format!("(i32.const {result})");
    }

    pub(crate) fn requests(&mut self, fields: &[RawRequest<'_>]) {
        let mut words = Vec::new();
        for field in fields {
            words.extend(self.data.text(field.name));
            words.push(field.page);
            words.extend(self.data.text(field.characters));
            words.push(field.max_length);
            let (lines, characters) = field.shape.unwrap_or_default();
            words.extend([u32::from(field.shape.is_some()), lines, characters]);
        }
        let list = self.data.words(&words);
        let count = u32::try_from(fields.len()).expect("few fields");
        let result = self.data.words(&[0, list, count, 0, 0]);
        self.before = format!("(i32.const {result})");
    }

    pub(crate) fn reports(
        &mut self,
        fields: &[(&str, Option<&str>, &str)],
        checks: &[RawCheck<'_>],
    ) {
        let mut words = Vec::new();
        for (name, value, source) in fields {
            words.extend(self.data.text(name));
            words.push(u32::from(value.is_some()));
            words.extend(self.data.text(value.unwrap_or_default()));
            words.extend(self.data.text(source));
        }
        let field_list = self.data.words(&words);
        let mut words = Vec::new();
        for check in checks {
            words.extend(self.data.text(check.code));
            words.push(check.outcome);
            let name = self.data.text(check.field);
            words.extend([self.data.words(&name), 1]);
            words.extend(self.data.text(check.message));
        }
        let check_list = self.data.words(&words);
        let count = |length: usize| u32::try_from(length).expect("few");
        let result =
            self.data.words(&[0, field_list, count(fields.len()), check_list, count(checks.len())]);
        self.after = format!("(i32.const {result})");
    }

    /// The component, for the world of `wit/v1`.
    pub(crate) fn component(&self) -> Vec<u8> {
        self.component_for(&[WIT], "dossier:rules/rules")
    }

    /// The component of a guest that imports [`ALARM`].
    pub(crate) fn sleeping_component(&self) -> Vec<u8> {
        self.component_for(&[&[WIT][..], &SLEEPING].concat(), "test:sleeping/sleeping")
    }

    /// The component for a world of one's own, which is in the last of the packages.
    pub(crate) fn component_for(&self, packages: &[&str], world: &str) -> Vec<u8> {
        Self::encode(&self.core_module(), packages, world)
    }

    /// Wraps a core module that was written otherwise.
    pub(crate) fn encode(module: &str, packages: &[&str], world: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let mut last = None;
        for package in packages {
            last = Some(resolve.push_str("test.wit", package).expect("valid WIT"));
        }
        let package = last.expect("at least one package");
        let world = resolve.select_world(&[package], Some(world)).expect("the world is there");
        let mut module = wat::parse_str(module).expect("valid WebAssembly text");
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("the world encodes");
        ComponentEncoder::default()
            .module(&module)
            .expect("the module has its metadata")
            .encode()
            .expect("the module fits the world")
    }

    /// The core module. Memory for arguments is taken from the second page on.
    pub(crate) fn core_module(&self) -> String {
        let Self { describe, before, after, extra, memory, data } = self;
        let data = data.as_wat();
        format!(
            r#"(module
              {extra}
              (memory (export "memory") {memory})
              (global $free (mut i32) (i32.const 65536))
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $free
                  (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.get $free)
                (global.set $free (i32.add (global.get $free) (local.get 3))))
              (func (export "dossier:rules/hooks@1.0.0#describe") (result i32) {describe})
              (func (export "dossier:rules/hooks@1.0.0#before")
                (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {before})
              (func (export "dossier:rules/hooks@1.0.0#after")
                (param i32 i32 i32 i32 i32 i32) (result i32) {after})
              (data (i32.const {DATA_START}) "{data}"))"#
        )
    }
}
