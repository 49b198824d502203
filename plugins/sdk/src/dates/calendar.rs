//! Days of other calendars as days of the Gregorian one, in which reports are written.

use icu_calendar::cal::{Gregorian, Hijri};
use icu_calendar::{AsCalendar, Date as CalendarDate};
use mrz::Date;

/// A calendar that documents are dated in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// The common one.
    Gregorian,
    /// Thailand's: 2528 is 1985.
    Buddhist,
    /// Taiwan's: 74 is 1985.
    Minguo,
    /// Iran's and Afghanistan's: 1363 ends in March 1985.
    SolarHijri,
    /// Saudi Arabia's official lunar calendar, Umm al-Qura.
    UmmAlQura,
}

/// The Gregorian day that a day of a calendar is. None if that calendar has no such day.
#[must_use]
pub fn day_of(calendar: Calendar, year: u32, month: u32, day: u32) -> Option<Date> {
    let year = i32::try_from(year).ok()?;
    let (small_month, small_day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    match calendar {
        Calendar::Gregorian => super::real_day(year, month, day),
        // A year of these eras before their first is of another era, and nobody's document.
        _ if year < 1 => None,
        Calendar::Buddhist => {
            gregorian(CalendarDate::try_new_buddhist(year, small_month, small_day).ok()?)
        }
        Calendar::Minguo => {
            gregorian(CalendarDate::try_new_roc(year, small_month, small_day).ok()?)
        }
        Calendar::SolarHijri => {
            gregorian(CalendarDate::try_new_persian(year, small_month, small_day).ok()?)
        }
        // The crate has the official tables of these years and computes others by rule.
        Calendar::UmmAlQura if !(1300..=1600).contains(&year) => None,
        Calendar::UmmAlQura => {
            let hijri = Hijri::new_umm_al_qura();
            let date =
                CalendarDate::try_new_hijri_with_calendar(year, small_month, small_day, hijri);
            gregorian(date.ok()?)
        }
    }
}

fn gregorian<A: AsCalendar>(date: CalendarDate<A>) -> Option<Date> {
    let date = date.to_calendar(Gregorian);
    let year = date.era_year();
    // No era of documents reaches back to the years before Christ.
    (year.extended_year > 0).then(|| {
        Date::new(
            year.extended_year,
            u32::from(date.month().ordinal),
            u32::from(date.day_of_month().0),
        )
    })
}

/// An era of Japan since it counts days as the Gregorian calendar does (1873).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JapaneseEra {
    /// 明治
    Meiji,
    /// 大正
    Taisho,
    /// 昭和
    Showa,
    /// 平成
    Heisei,
    /// 令和
    Reiwa,
}

/// Year, month, day.
type FirstDay = (i32, u32, u32);

/// Name, initial and first day of each era. The crate of calendars has them as data that it loads
/// with those of all others; a component needs these five rows.
const ERAS: [(JapaneseEra, &str, char, FirstDay); 5] = [
    (JapaneseEra::Meiji, "明治", 'M', (1868, 10, 23)),
    (JapaneseEra::Taisho, "大正", 'T', (1912, 7, 30)),
    (JapaneseEra::Showa, "昭和", 'S', (1926, 12, 25)),
    (JapaneseEra::Heisei, "平成", 'H', (1989, 1, 8)),
    (JapaneseEra::Reiwa, "令和", 'R', (2019, 5, 1)),
];

/// The Gregorian day of a day that Japan counts by era. None if the era has no such day: it had not
/// begun, or had ended.
#[must_use]
pub fn day_of_era(era: JapaneseEra, year: u32, month: u32, day: u32) -> Option<Date> {
    /// Before this year Japan counted by the moon.
    const FIRST_GREGORIAN_YEAR: i32 = 1873;
    let position = ERAS.iter().position(|(known, ..)| *known == era)?;
    let first =
        |(_, _, _, (year, month, day)): &(_, _, _, (i32, u32, u32))| Date::new(*year, *month, *day);
    let year = i32::try_from(year.checked_sub(1)?).ok()?.checked_add(ERAS[position].3.0)?;
    let date = super::real_day(year, month, day)?;
    let has_begun = !super::is_before(date, first(&ERAS[position]));
    let has_ended = ERAS.get(position + 1).is_some_and(|next| !super::is_before(date, first(next)));
    (has_begun && !has_ended && year >= FIRST_GREGORIAN_YEAR).then_some(date)
}

/// Reads a date by Japanese era: `昭和60年3月12日`, `平成元年3月12日`, `S60.3.12` or `S60-03-12`.
#[must_use]
pub fn parse_japanese(text: &str) -> Option<Date> {
    let text = text.trim();
    let (era, rest) = ERAS.iter().find_map(|(era, name, initial, _)| {
        let rest = text.strip_prefix(name).or_else(|| text.strip_prefix(*initial))?;
        Some((*era, rest))
    })?;
    let parts = if let Some(rest) = rest.strip_suffix('日') {
        let (year, rest) = rest.split_once('年')?;
        let (month, day) = rest.split_once('月')?;
        [year, month, day]
    } else {
        let separator = rest.chars().find(|c| ".-/".contains(*c))?;
        let mut parts = rest.split(separator);
        let found = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() {
            return None;
        }
        found
    };
    let [year, month, day] = parts.map(str::trim);
    // The first year of an era is written `元`, origin.
    let year = if year == "元" { 1 } else { super::number(year, false)? };
    day_of_era(era, year, super::number(month, false)?, super::number(day, false)?)
}
