//! The counts of the driver, from the file that it keeps them in.

use std::collections::BTreeMap;
use std::{env, fs};

/// How often each call was made, by its name.
#[derive(Debug)]
pub(crate) struct Calls(BTreeMap<String, u64>);

/// A name, and a number in the machine's order.
const ENTRY: usize = 64;
const NAME: usize = 56;

impl Calls {
    /// All calls of this process so far.
    pub(crate) fn read() -> Self {
        let path =
            env::var_os("DOSSIER_COUNTS").expect("DOSSIER_COUNTS: .ci/counting-driver sets it");
        let bytes = fs::read(path).expect("the file of the driver");
        let entry = |entry: &[u8]| {
            let (name, number) = entry.split_at(NAME);
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            let number = u64::from_ne_bytes(number.try_into().expect("eight bytes"));
            (String::from_utf8(name.to_vec()).expect("a name"), number)
        };
        let calls = bytes.chunks_exact(ENTRY).map(entry).filter(|(name, _)| !name.is_empty());
        Self(calls.collect())
    }

    /// Those that were made since.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let new = self.0.iter().map(|(name, count)| (name.clone(), count - before.of(name)));
        Self(new.filter(|(_, count)| *count > 0).collect())
    }

    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn kernels(&self) -> u64 {
        let kernels = self.0.iter().filter(|(name, _)| name.starts_with("kernel "));
        kernels.map(|(_, count)| count).sum()
    }

    /// What is put into a stream to be done.
    pub(crate) fn submissions(&self) -> u64 {
        let others = ["product", "upload", "download", "copy", "fill"];
        self.kernels() + others.map(|name| self.of(name)).iter().sum::<u64>()
    }

    #[expect(clippy::print_stdout, reason = "the counts are worth seeing: --nocapture")]
    pub(crate) fn print(&self, what: &str) {
        println!("{what}: {} submissions, {} of them kernels", self.submissions(), self.kernels());
        for (name, count) in &self.0 {
            println!("    {count:6} {name}");
        }
    }
}
