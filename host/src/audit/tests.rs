//! Lines on the disk, on a disk that refuses, and in a file that was moved away.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::testing::PATIENCE;

fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).expect("a file");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

async fn fail(audit: &Audit, code: &str) -> Result<(), Unwritten> {
    let (caller, id) = (Caller::anybody(), RequestId::new());
    let document_type = "utopia/passport/2024".parse().expect("an identifier");
    audit.attempt(&caller, &id, Some(document_type)).failed(code).await
}

#[tokio::test]
async fn a_line_is_on_the_disk_when_it_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let audit = Audit::open(&path).expect("a file");
    fail(&audit, "document.refused").await.expect("written");
    let found = lines(&path);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["outcome"], "document.refused");
    assert_eq!(found[0]["document_type"], "utopia/passport/2024");
    assert_eq!((found[0].get("token"), found[0].get("verdict")), (Some(&().into()), None));
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn an_attempt_that_is_dropped_was_not_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    let audit = Audit::open(&path).expect("a file");
    let (caller, id) = (Caller::anybody(), RequestId::new());
    drop(audit.attempt(&caller, &id, "utopia/passport/2024".parse().ok()));
    // Lines go to the disk in order.
    fail(&audit, "deadline").await.expect("written");
    let outcomes = lines(&path).into_iter().map(|line| line["outcome"].clone());
    assert_eq!(outcomes.collect::<Vec<_>>(), ["not_answered", "deadline"]);
}

#[tokio::test]
async fn a_file_that_was_there_is_added_to_and_one_that_is_moved_away_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    for code in ["one", "two"] {
        fail(&Audit::open(&path).expect("a file"), code).await.expect("written");
    }
    assert_eq!(lines(&path).len(), 2);
    let audit = Audit::open(&path).expect("a file");
    let moved = folder.path().join("audit.jsonl.1");
    std::fs::rename(&path, &moved).expect("moved");
    fail(&audit, "three").await.expect("written");
    assert_eq!((lines(&moved).len(), lines(&path).len()), (2, 1));
}

#[tokio::test]
async fn a_disk_that_refuses_is_tried_again_until_it_takes_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = folder.path().join("below");
    let path = below.join("audit.jsonl");
    std::fs::create_dir(&below).expect("a folder");
    let audit = Audit::open(&path).expect("a file");
    std::fs::remove_dir_all(&below).expect("gone");
    assert_eq!(fail(&audit, "one").await, Err(Unwritten));
    assert!(!audit.is_writable());
    std::fs::create_dir(&below).expect("a folder");
    let again = async {
        while !audit.is_writable() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("it is tried again");
    fail(&audit, "two").await.expect("written");
    let outcomes = lines(&path).into_iter().map(|line| line["outcome"].clone());
    assert_eq!(outcomes.collect::<Vec<_>>(), ["written_again", "two"]);
}

#[test]
fn a_device_that_is_full_takes_nothing() {
    let mut full = AuditFile::open(Path::new("/dev/full")).expect("every Linux has it");
    assert!(full.append(b"x\n").is_err());
}
