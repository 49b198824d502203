//! A date whose form nobody told: every usual one is tried, and all must mean one day.

use mrz::Date;

use super::month_names::months_named;
use super::{digit, digits_of, real_day};
use crate::text::{compose, fold, is_dash};

/// Longest text that is looked at, in characters: two dates with long names of months, and room.
const LONGEST: usize = 96;

/// Reads a date of the Gregorian calendar in any usual form: `26.08.1974.`, `1974. 8. 26.`,
/// `26AUG1974`, `26 AUG / AOÛT 1974`, `26 de agosto de 1974`, `19740826`, `26 VIII 1974 r.`,
/// `1974 m. rugpjūčio 26 d.`, `ngày 26 tháng 08 năm 1974`.
///
/// None unless every way to read it gives the same day: `08.12.1974` may be of August or of December.
/// A year has four digits, or there is no century: two-digit years are never guessed. Whether the
/// year is of another calendar can't be told here: see [`visual_birth`](super::visual_birth).
#[must_use]
pub fn parse_any(text: &str) -> Option<Date> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let text = compose(text);
    one_day(&text).or_else(|| {
        // Two whole dates, one a language: `26 AUG 1974 / 26 AOÛT 1974`.
        let (first, second) = text.split_once('/')?;
        one_day(first).filter(|day| one_day(second) == Some(*day))
    })
}

fn one_day(text: &str) -> Option<Date> {
    let parts = parts_of(text)?;
    let mut days = readings(&parts).into_iter().flatten();
    let first = days.next()?;
    days.all(|day| day == first).then_some(first)
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// A number, and how many digits it has.
    Number(u32, usize),
    /// The months that the words may name, as bits.
    Months(u16),
}

/// The numbers and months of a text, in their order. None where there is anything else.
fn parts_of(text: &str) -> Option<Vec<Part>> {
    const MOST_PARTS: usize = 8;
    let mut parts = Vec::new();
    let mut separators = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = |is_part: &dyn Fn(char) -> bool| {
            rest.char_indices().find(|(_, c)| !is_part(*c)).map_or(rest.len(), |(at, _)| at)
        };
        let (part, tail) = if digit(first).is_some() {
            let (number, tail) = rest.split_at(length(&|c| digit(c).is_some()));
            let count = number.chars().count();
            let value = number
                .chars()
                .try_fold(0_u32, |sum, c| sum.checked_mul(10)?.checked_add(digit(c)?));
            (Some(Part::Number(value?, count)), tail)
        } else if "年月日년월일º°".contains(first) {
            (None, &rest[first.len_utf8()..])
        } else if first.is_alphabetic() {
            // Thai abbreviations have full stops inside, and vowels that are no letters.
            let is_word = |c: char| {
                c.is_alphabetic()
                    || matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
            };
            let is_thai = matches!(first, '\u{e01}'..='\u{e5b}');
            let (word, tail) = rest.split_at(length(&|c| is_word(c) || (is_thai && c == '.')));
            let folded = fold(word);
            if is_joint(&folded) {
                (None, tail)
            } else if folded == "THANG" {
                let (month, tail) = numbered_month(tail)?;
                (Some(month), tail)
            } else {
                (Some(Part::Months(months_named(word) | roman_month(&folded))), tail)
            }
        } else if first.is_whitespace() || is_dash(first) || "./,'’()·".contains(first) {
            let mark = (!first.is_whitespace()).then_some(first);
            separators.push((parts.len(), mark));
            (None, &rest[first.len_utf8()..])
        } else {
            return None;
        };
        parts.extend(part);
        if parts.len() > MOST_PARTS {
            return None;
        }
        rest = tail;
    }
    let is_numeric = parts.iter().all(|part| matches!(part, Part::Number(..)));
    (!is_numeric || has_one_mark(&separators, parts.len())).then_some(join_months(parts))
}

/// Whether a word, in capitals without accents, only joins the parts of a date or says what the number
/// beside it is: the day, as in `26 d.`, or the year, as in `1974 r.`.
fn is_joint(folded: &str) -> bool {
    const JOINTS: [&str; 38] = [
        "DE",
        "DEL",
        "D",
        "OF",
        "DEN",
        "ER",
        "ST",
        "ND",
        "RD",
        "TH",
        "AV", // Western Europe
        "R",
        "ROK",
        "ROKU",
        "ROKA", // Polish, Czech, Slovak
        "G",
        "GOD",
        "GODINE",
        "GODINA", // Croatian, Serbian, Bosnian
        "Г",
        "ГОД",
        "ГОДА",
        "ГОДИНА",
        "ГОДИНЕ",
        "ГОДИНИ", // Russian, Bulgarian, Serbian
        "Р",
        "РОКУ",
        "РІК",
        "ГОДУ", // Ukrainian, Belarusian
        "M",
        "METU",
        "GADA",
        "GADS", // Lithuanian, Latvian
        "IL",
        "CU",
        "CI", // Azerbaijani: 1974-cü il
        "NGAY",
        "NAM", // Vietnamese
    ];
    JOINTS.contains(&folded)
}

/// The month that a number behind `tháng` is, and the text behind it.
fn numbered_month(text: &str) -> Option<(Part, &str)> {
    let text = text.trim_start();
    let end = text.find(|c| digit(c).is_none()).unwrap_or(text.len());
    let (number, tail) = text.split_at(end);
    let month = digits_of(number, 1..=2).filter(|month| (1..=12).contains(month))?;
    Some((Part::Months(1 << (month - 1)), tail))
}

/// A month in Roman numerals, as bits; none is set where it is none.
fn roman_month(folded: &str) -> u16 {
    const NUMERALS: [&str; 12] =
        ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    NUMERALS.iter().position(|numeral| *numeral == folded).map_or(0, |month| 1 << month)
}

/// Whether the parts of a date of numbers alone are separated by one mark throughout: `1/1-2020` is
/// no date.
fn has_one_mark(separators: &[(usize, Option<char>)], parts: usize) -> bool {
    let inner = separators.iter().filter(|(after, _)| (1..parts).contains(after));
    let mut marks = inner.filter_map(|(_, mark)| *mark);
    let first = marks.next();
    marks.all(|mark| Some(mark) == first)
}

/// Names that follow each other are one month in several languages: what all of them may mean.
fn join_months(parts: Vec<Part>) -> Vec<Part> {
    let mut joined = Vec::<Part>::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Months(months)), Part::Months(more)) => *months &= more,
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// Every way to read the parts as a day.
fn readings(parts: &[Part]) -> Vec<Option<Date>> {
    /// The first that any calendar of documents counts: other numbers of four digits are a day and a
    /// month.
    const FIRST_YEAR: i32 = 1300;
    let day = |year: (u32, usize), month: u32, day: (u32, usize)| {
        let has_form = year.1 == 4 && day.1 <= 2;
        let year = i32::try_from(year.0).ok().filter(|year| has_form && *year >= FIRST_YEAR)?;
        real_day(year, month, day.0)
    };
    match *parts {
        [Part::Number(a, first), Part::Number(b, second), Part::Number(c, third)]
            if second <= 2 =>
        {
            vec![
                day((c, third), b, (a, first)),
                (first <= 2).then(|| day((c, third), a, (b, second))).flatten(),
                day((a, first), b, (c, third)),
            ]
        }
        [Part::Number(a, first), Part::Months(months), Part::Number(b, second)] => {
            let Some(month) = only(months) else {
                return Vec::new();
            };
            vec![day((b, second), month, (a, first)), day((a, first), month, (b, second))]
        }
        // The month's number, and its name.
        [
            Part::Number(a, first),
            Part::Number(month @ 1..=12, _),
            Part::Months(months),
            Part::Number(b, second),
        ] if months & 1 << (month - 1) != 0 => {
            vec![day((b, second), month, (a, first))]
        }
        [Part::Months(months), Part::Number(a, first), Part::Number(b, second)] => {
            let Some(month) = only(months) else {
                return Vec::new();
            };
            vec![day((b, second), month, (a, first))]
        }
        // `1974. gada 26. augusts`
        [Part::Number(a, first), Part::Number(b, second), Part::Months(months)] => {
            let Some(month) = only(months) else {
                return Vec::new();
            };
            vec![day((a, first), month, (b, second))]
        }
        [Part::Number(number, 8)] => {
            let two = |at: u32| number / 10_u32.pow(at) % 100;
            let (head, tail) = (number / 10_000, number % 10_000);
            vec![
                day((tail, 4), two(4), (two(6), 2)),
                day((tail, 4), two(6), (two(4), 2)),
                day((head, 4), two(2), (two(0), 2)),
            ]
        }
        _ => Vec::new(),
    }
}

/// The month of a set with one alone.
fn only(months: u16) -> Option<u32> {
    (months.count_ones() == 1).then(|| months.trailing_zeros() + 1)
}
