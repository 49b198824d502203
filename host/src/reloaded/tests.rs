//! Files that change, break and come back.

use super::*;
use crate::testing::PATIENCE;

fn number(path: &Path) -> Reloaded<u32> {
    let named = path.to_owned();
    let make = move |files: &[Vec<u8>]| {
        let text = String::from_utf8_lossy(&files[0]).into_owned();
        text.parse::<u32>()
            .map_err(|_| FileError::Content { path: named.clone(), reason: "no number".to_owned() })
    };
    Reloaded::load(vec![path.to_owned()], 8, make).expect("a number")
}

#[test]
fn what_changes_is_made_anew_and_what_can_not_be_used_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("number");
    std::fs::write(&path, "1").expect("written");
    let number = number(&path);
    assert_eq!(*number.current(), 1);
    let held = number.current();

    std::fs::write(&path, "2").expect("written");
    number.refresh();
    assert_eq!((*number.current(), *held), (2, 1), "what begins with it ends with it");

    for bad in ["two", "", "123456789"] {
        std::fs::write(&path, bad).expect("written");
        number.refresh();
        assert_eq!(*number.current(), 2, "{bad}");
    }
    std::fs::remove_file(&path).expect("removed");
    number.refresh();
    assert_eq!(*number.current(), 2);

    // A folder that is swapped, as a mounted secret is.
    std::fs::write(folder.path().join("next"), "3").expect("written");
    std::fs::rename(folder.path().join("next"), &path).expect("renamed");
    number.refresh();
    assert_eq!(*number.current(), 3);
}

#[test]
fn nothing_is_made_of_files_that_can_not_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let load = |limit| Reloaded::load(vec![path.clone()], limit, |files| Ok(files.len()));
    assert!(matches!(load(8), Err(FileError::Unreadable { .. })));
    std::fs::write(&path, "12345678").expect("written");
    assert_eq!(*load(8).expect("eight bytes").current(), 1);
    assert!(matches!(load(7), Err(FileError::TooLong { limit: 7, .. })));
}

#[tokio::test]
async fn files_are_read_again_without_being_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("number");
    std::fs::write(&path, "1").expect("written");
    let number = Arc::new(number(&path));
    let refreshing = Refreshing::start(vec![Arc::clone(&number) as Arc<dyn Refresh>]);
    std::fs::write(&path, "2").expect("written");
    refreshing.as_ref().expect("there is something to read").now();
    let changed = async {
        while *number.current() != 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, changed).await.expect("in time");
}
