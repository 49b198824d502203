//! What people are told.

use super::super::record::ProblemBody;
use super::*;

#[test]
fn a_summary_adds_up() {
    let mut summary = Summary::begin(10, 3);
    *summary.verdicts.entry("accepted").or_default() += 4;
    *summary.verdicts.entry("review").or_default() += 1;
    summary.count_before();
    let (code, detail) = ("page.no_document".to_owned(), "no".to_owned());
    summary.count(&ResultBody::Problem(ProblemBody { code, detail }));
    let expected = "\
out.csv: 6 of 10 documents, 5 of them read now in 2.0 s (2.5 a second)
        4  accepted
        1  review
        1  not read: page.no_document
        1  read by an earlier run
        3  left for the next run
        3  files left alone: by their names they are no pictures
";
    assert_eq!(summary.text("out.csv", 2.0), expected);
    assert_eq!(summary.unread(), 1);
}
