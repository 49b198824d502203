//! What is kept is used again, and what was touched never is.

use super::*;

const COMPONENT: &[u8] =
    b"(component (core module (func (export \"f\") (result i32) i32.const 7)))";

struct Kept {
    folder: tempfile::TempDir,
    engine: Engine,
    bytes: Vec<u8>,
    digest: Digest,
}

impl Kept {
    /// A component that was compiled once.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = wat::parse_bytes(COMPONENT).expect("valid").into_owned();
        let digest = Digest::from_sha256(Sha256::digest(&bytes).into());
        let kept = Self { folder, engine: Engine::default(), bytes, digest };
        assert_eq!(kept.origin(&kept.cache()), CodeOrigin::Compiled);
        kept
    }

    fn cache(&self) -> CodeCache {
        CodeCache::open(self.folder.path()).expect("opens")
    }

    fn origin(&self, cache: &CodeCache) -> CodeOrigin {
        cache.component(&self.engine, &self.digest, &self.bytes).expect("compiles").1
    }

    /// The files of compiled code.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("compiled")).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    fn file(&self) -> PathBuf {
        let [file] = &self.files()[..] else { panic!("one file") };
        file.clone()
    }
}

#[test]
fn the_next_process_compiles_nothing() {
    let kept = Kept::new();
    let cache = kept.cache();
    assert_eq!(kept.origin(&cache), CodeOrigin::Cache);
    assert_eq!(cache.counts(), CodeCounts { taken: 1, ..CodeCounts::default() });
}

#[test]
fn a_touched_file_is_compiled_again_and_replaced() {
    let kept = Kept::new();
    let mut bytes = fs::read(kept.file()).expect("is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(kept.file(), &bytes).expect("written");
    let cache = kept.cache();
    assert_eq!(kept.origin(&cache), CodeOrigin::Rejected);
    assert_eq!(kept.origin(&cache), CodeOrigin::Cache, "it was replaced");
    assert_eq!(cache.counts(), CodeCounts { taken: 1, rejected: 1, ..CodeCounts::default() });
}

#[test]
fn no_byte_can_be_changed_unnoticed() {
    let kept = Kept::new();
    let cache = kept.cache();
    let hash = EngineHash::of(&kept.engine);
    let opens = |file: Vec<u8>| cache.open_file(&kept.engine, &kept.digest, hash, file).is_some();
    let good = fs::read(kept.file()).expect("is there");
    assert!(opens(good.clone()));
    let head = HEAD.len() + TAG_BYTES + 64;
    for position in (0..head).chain((head..good.len()).step_by(61)) {
        let mut changed = good.clone();
        changed[position] ^= 0x40;
        assert!(!opens(changed), "byte {position}");
    }
    for length in (0..head).chain((head..good.len()).step_by(61)) {
        assert!(!opens(good[..length].to_vec()), "cut to {length} bytes");
    }
    assert!(!opens([good.clone(), vec![0]].concat()));
    // What wasmtime itself would run: an attacker has no key.
    let foreign = kept.engine.precompile_component(&kept.bytes).expect("compiles");
    assert!(!opens(foreign.clone()));
    assert!(!opens([HEAD, &[0; TAG_BYTES], &foreign].concat()));
}

#[test]
fn code_of_another_component_engine_or_key_is_no_use() {
    let kept = Kept::new();
    let cache = kept.cache();
    let hash = EngineHash::of(&kept.engine);
    let file = || fs::read(kept.file()).expect("is there");
    let other = Digest::from_sha256([7; 32]);
    assert!(cache.open_file(&kept.engine, &other, hash, file()).is_none());
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    let interrupted = Engine::new(&config).expect("starts");
    let other_hash = EngineHash::of(&interrupted);
    assert_ne!(hash.0, other_hash.0);
    assert_eq!(hash.0, EngineHash::of(&Engine::default()).0);
    assert!(cache.open_file(&interrupted, &kept.digest, other_hash, file()).is_none());

    let found = cache.component(&interrupted, &kept.digest, &kept.bytes).expect("compiles");
    assert_eq!(found.1, CodeOrigin::Compiled, "each engine has a file of its own");
    fs::remove_file(kept.folder.path().join("compiled.key")).expect("is there");
    assert_eq!(kept.origin(&kept.cache()), CodeOrigin::Rejected);
}

#[test]
fn what_nobody_wants_is_deleted() {
    let kept = Kept::new();
    let cache = kept.cache();
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    let interrupted = Engine::new(&config).expect("starts");
    cache.component(&interrupted, &kept.digest, &kept.bytes).expect("compiles");
    fs::write(kept.folder.path().join("compiled/left-by-a-crash"), b"x").expect("written");
    assert_eq!(kept.files().len(), 3);
    cache.retain(&kept.engine, |digest| *digest == kept.digest).expect("deletes");
    assert_eq!(kept.files().len(), 1);
    assert_eq!(kept.origin(&cache), CodeOrigin::Cache);
    cache.retain(&kept.engine, |_| false).expect("deletes");
    assert_eq!(kept.files().len(), 0);
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let kept = Kept::new();
    let file = kept.folder.path().join("compiled.key");
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
    assert_eq!(fs::metadata(&file).expect("is there").permissions().mode() & 0o777, 0o600);
    for open in [0o640, 0o604, 0o620] {
        mode(open);
        let error = CodeCache::open(kept.folder.path()).expect_err("is no secret");
        assert!(matches!(error, CodeCacheError::Key { .. }), "{error}");
    }
    mode(0o600);
    for content in [&[7; 31][..], &[7; 33], b""] {
        fs::write(&file, content).expect("written");
        let error = CodeCache::open(kept.folder.path()).expect_err("is no key");
        assert!(error.to_string().contains("32 bytes"), "{error}");
    }
}

#[test]
fn a_full_disk_costs_the_cache_and_nothing_else() {
    let kept = Kept::new();
    let cache = kept.cache();
    fs::remove_dir_all(kept.folder.path().join("compiled")).expect("is there");
    assert_eq!(kept.origin(&cache), CodeOrigin::Compiled);
    assert_eq!(cache.counts(), CodeCounts { compiled: 1, unwritten: 1, ..CodeCounts::default() });
}

#[test]
fn processes_of_a_user_share_what_is_private_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let shared = folder.path().join("cache/rules");
    let kept = Kept::new();
    let open = || CodeCache::open_shared(&shared, u64::MAX);
    assert_eq!(kept.origin(&open().expect("opens")), CodeOrigin::Compiled);
    assert_eq!(kept.origin(&open().expect("opens")), CodeOrigin::Cache);
    let mode = fs::metadata(&shared).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o770)).expect("set");
    assert!(matches!(open(), Err(CodeCacheError::NotPrivate { .. })));
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = CodeCache::open_shared(folder.path(), u64::MAX).expect("opens");
    let engine = Engine::default();
    let component = |value: u8| {
        let text = format!(
            "(component (core module (func (export \"f\") (result i32) i32.const {value})))"
        );
        let bytes = wat::parse_str(text).expect("valid");
        (Digest::from_sha256(Sha256::digest(&bytes).into()), bytes)
    };
    let age = |path: &Path, seconds| {
        let file = fs::File::open(path).expect("is there");
        file.set_modified(SystemTime::now() - std::time::Duration::from_secs(seconds))
            .expect("set");
    };
    let mut paths = Vec::new();
    for value in 0..3 {
        let (digest, bytes) = component(value);
        cache.component(&engine, &digest, &bytes).expect("compiles");
        let path = cache.folder.join(file_name(&digest, EngineHash::of(&engine)));
        age(&path, 1000 - u64::from(value));
        paths.push(path);
    }
    // The oldest is used again, so it is the second that goes.
    let (digest, bytes) = component(0);
    let (_, origin) = cache.component(&engine, &digest, &bytes).expect("is kept");
    assert_eq!(origin, CodeOrigin::Cache);
    let bytes = paths.iter().map(|path| fs::metadata(path).expect("is there").len()).sum::<u64>();
    CodeCache::open_shared(folder.path(), bytes - 1).expect("opens");
    let left = paths.iter().map(|path| path.exists()).collect::<Vec<_>>();
    assert_eq!(left, [true, false, true]);
}
