//! Files that git-lfs has not fetched.

/// The longest pointer that git-lfs takes for one.
const MAX_POINTER_BYTES: usize = 1024;

/// Whether these are the contents of a git-lfs pointer (its specification, version 1, and the address
/// from before it had that name): what a checkout without `git lfs pull` has in place of a file.
#[must_use]
pub fn is_git_lfs_pointer(contents: &[u8]) -> bool {
    const ADDRESSES: [&[u8]; 2] =
        [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];
    contents.len() < MAX_POINTER_BYTES
        && ADDRESSES.iter().any(|address| contents.starts_with(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_from_files() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 440648\n";
        assert!(is_git_lfs_pointer(pointer.as_bytes()));
        assert!(is_git_lfs_pointer(b"version https://hawser.github.com/spec/v1\n"));
        assert!(!is_git_lfs_pointer(b"version 2"));
        assert!(!is_git_lfs_pointer(b""));
        assert!(!is_git_lfs_pointer(pointer.repeat(20).as_bytes()));
    }
}
