//! Lines of results as tables.

use std::fs::{self, File};
use std::path::PathBuf;

use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::RowAccessor as _;
use serde_json::json;

use super::*;

/// Two documents of two types, and one that was not read.
fn lines() -> String {
    let asked = json!({"document_type": null, "fields": null, "base_only": false});
    let field = |name: &str, value: Option<&str>, confidence: Option<f64>| json!({"name": name, "raw": value, "value": value, "confidence": confidence, "source": "visual"});
    let check = |code: &str, outcome: &str| json!({"code": code, "outcome": outcome, "fields": []});
    let records = [
        json!({"document": "a.png", "files": [], "asked": asked, "answer": {
            "document_type": "utopia/passport/2024", "verdict": "accepted",
            "fields": [field("surname", Some("DOE, \"JANE\"\nÉ"), Some(0.5)), field("sex", None, None)],
            "checks": [check("mrz.structure", "passed")]}}),
        json!({"document": "b.png", "files": [], "asked": asked,
            "problem": {"code": "page.no_document", "detail": "Picture 1 shows no document."}}),
        json!({"document": "c.png", "files": [], "asked": asked, "answer": {
            "document_type": "utopia/id-card/2023", "verdict": "rejected",
            "fields": [field("surname", Some("ROE"), Some(1.0)), field("can", Some("1"), Some(0.25))],
            "checks": [check("x.y", "failed"), check("x.y", "failed"), check("z", "failed"),
                       check("w", "not_performed")]}}),
    ];
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn table(format: TableFormat) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("lines"), folder.path().join("table"));
    fs::write(&from, lines()).expect("written");
    write(&from, &to, format).expect("a table");
    (folder, to)
}

#[test]
fn a_csv_has_a_row_a_document_and_a_column_a_field() {
    let (_folder, path) = table(TableFormat::Csv);
    let expected = "\
_document,_document_type,_verdict,_failed,_not_performed,_problem,_detail,surname,_confidence_surname,sex,_confidence_sex,can,_confidence_can
a.png,utopia/passport/2024,accepted,,,,,\"DOE, \"\"JANE\"\"
É\",0.5,,,,
b.png,,,,,page.no_document,Picture 1 shows no document.,,,,,,
c.png,utopia/id-card/2023,rejected,x.y z,w,,,ROE,1,,,1,0.25
";
    assert_eq!(fs::read_to_string(path).expect("text"), expected);
}

#[test]
fn a_parquet_file_has_the_same_and_nulls() {
    let (_folder, path) = table(TableFormat::Parquet);
    let reader = SerializedFileReader::new(File::open(path).expect("there")).expect("Parquet");
    let rows = reader.get_row_iter(None).expect("rows").collect::<Result<Vec<_>, _>>();
    let rows = rows.expect("rows");
    assert_eq!(rows.len(), 3);
    let names = rows[0].get_column_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names[..2], ["_document", "_document_type"]);
    let place = |name: &str| names.iter().position(|known| known == name).expect("a column");
    let text = |row: usize, name: &str| rows[row].get_string(place(name)).ok().cloned();
    assert_eq!(text(0, "surname").as_deref(), Some("DOE, \"JANE\"\nÉ"));
    assert_eq!(text(0, "sex"), None, "null, and no empty text");
    assert_eq!(text(0, "_failed").as_deref(), Some(""));
    assert_eq!(text(1, "surname"), None);
    assert_eq!(text(1, "_problem").as_deref(), Some("page.no_document"));
    assert_eq!(text(2, "_failed").as_deref(), Some("x.y z"));
    let sure = |row: usize| rows[row].get_double(place("_confidence_surname")).ok();
    assert_eq!((sure(0), sure(1), sure(2)), (Some(0.5), None, Some(1.0)));
}

#[test]
fn more_rows_than_a_group_holds_are_all_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("lines"), folder.path().join("table"));
    let many = lines().repeat(3_000);
    fs::write(&from, many).expect("written");
    write(&from, &to, TableFormat::Parquet).expect("a table");
    let reader = SerializedFileReader::new(File::open(to).expect("there")).expect("Parquet");
    assert_eq!(reader.metadata().num_row_groups(), 3);
    assert_eq!(reader.metadata().file_metadata().num_rows(), 9_000);
}

#[test]
fn a_table_has_a_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("lines"), folder.path().join("table"));
    let asked = json!({"document_type": null, "fields": null, "base_only": false});
    let fields = (0..MOST_COLUMNS)
        .map(|index| json!({"name": format!("f{index}"), "value": "1", "confidence": 1.0}))
        .collect::<Vec<_>>();
    let record = json!({"document": "a", "files": [], "asked": asked, "answer": {
        "document_type": "t", "verdict": "accepted", "fields": fields, "checks": []}});
    fs::write(&from, format!("{record}\n")).expect("written");
    let written = write(&from, &to, TableFormat::Csv);
    assert!(matches!(written, Err(FolderError::TooManyColumns { .. })), "{written:?}");
    assert!(!to.exists());
}
