//! What is told, and how.

use super::*;

#[test]
fn a_clock_before_this_program_is_wrong() {
    let at = |text: &str| clock(text.parse().expect("a time")).finding;
    assert_eq!(at("1970-01-01T00:01:00Z"), Finding::Failed);
    assert_eq!(at("2031-05-05T00:00:00Z"), Finding::Good);
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let number = taken.local_addr().expect("an address").port();
    let look = port(number);
    assert_eq!(look.finding, Finding::Advice);
    assert!(look.next.expect("advice").contains("--admin-listen"));
    drop(taken);
    assert_eq!(port(number).finding, Finding::Good);
}

#[test]
fn what_to_do_stands_below_the_table() {
    let looks = [Look::good("a", "fine"), Look::failed("b", "broken", "mend it")];
    let told = anstream::adapter::strip_str(&text(&looks)).to_string();
    let expected =
        "finding  look  found\ngood     a     fine\nfailed   b     broken\n\nb: mend it\n";
    assert_eq!(told, expected);
}
