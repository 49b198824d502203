//! What of a folder is a document.

use std::fs;

use super::*;

fn folder_of(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, b"x").expect("written");
    }
    folder
}

fn below(folder: &Path, each: Each) -> (Vec<(String, usize)>, usize) {
    let found = Documents::below(&[folder.to_owned()], each).expect("documents");
    let name = |document: &Document| {
        let name = Path::new(&document.name).strip_prefix(folder).expect("below the folder");
        (name.to_string_lossy().into_owned(), document.files.len())
    };
    (found.documents.iter().map(name).collect(), found.left_alone)
}

#[test]
fn each_picture_is_a_document_in_the_order_of_names() {
    let folder =
        folder_of(&["b.PNG", "a/2.jpg", "a/1.pdf", "a/note.txt", ".hidden/3.jpg", ".4.png"]);
    let (documents, left_alone) = below(folder.path(), Each::File);
    let names = documents.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["a/1.pdf", "a/2.jpg", "b.PNG"]);
    assert_eq!(left_alone, 1);
}

#[test]
fn each_folder_is_a_document_of_its_pictures() {
    let folder = folder_of(&["a/back.jpg", "a/front.jpg", "b/page.pdf", "top.png"]);
    let (documents, _) = below(folder.path(), Each::Folder);
    assert_eq!(
        documents,
        [(String::new(), 1), ("a".to_owned(), 2), ("b".to_owned(), 1)],
        "the folder itself, then those below"
    );
}

#[test]
fn a_file_is_taken_whatever_its_name_and_once() {
    let folder = folder_of(&["scan.bin"]);
    let file = folder.path().join("scan.bin");
    let found = Documents::below(&[file.clone(), file.clone()], Each::File).expect("documents");
    assert_eq!(found.documents, [Document::of(&file, vec![file.clone()])]);
}

#[test]
fn nothing_to_read_is_an_error() {
    let folder = folder_of(&["note.txt"]);
    let nothing = Documents::below(&[folder.path().to_owned()], Each::File);
    assert!(matches!(nothing, Err(FolderError::Nothing { left_alone: 1 })), "{nothing:?}");
}

#[test]
fn a_mistyped_name_is_an_error() {
    let missing = Documents::below(&[PathBuf::from("no-such-folder")], Each::File);
    assert!(matches!(missing, Err(FolderError::Io { .. })), "{missing:?}");
}
