//! The names of months in the languages that documents write them in.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::text::{compose, fold};

/// A language that months have names in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a language is what its name says")]
pub enum Language {
    Albanian,
    Arabic,
    Azerbaijani,
    Belarusian,
    Bulgarian,
    Catalan,
    Croatian,
    Czech,
    Danish,
    Dutch,
    English,
    Estonian,
    Finnish,
    French,
    German,
    Greek,
    Hungarian,
    Icelandic,
    Indonesian,
    Irish,
    Italian,
    Latvian,
    Lithuanian,
    Macedonian,
    Malay,
    Maltese,
    Norwegian,
    Persian,
    Polish,
    Portuguese,
    Romanian,
    Russian,
    Serbian,
    Slovak,
    Slovenian,
    Spanish,
    Swedish,
    Thai,
    Turkish,
    Ukrainian,
}

/// The number of the month, 1 to 12, that has the name, in any case and with or without a full stop.
///
/// None if no language has it, or two of the languages have it for different months: *listopad* is
/// October in Croatia and November in Poland. In Persian these are the months of the Solar Hijri
/// calendar, in all other languages those of the common one.
#[must_use]
pub fn month_of(name: &str, languages: &[Language]) -> Option<u32> {
    let name = compose(name).trim().trim_end_matches('.').to_uppercase();
    if name.is_empty() {
        return None;
    }
    let mut found = None;
    for (_, months) in NAMES.iter().filter(|(language, _)| languages.contains(language)) {
        let is_named = |spellings: &&str| spellings.split(' ').any(|known| known == name);
        let Some(position) = months.iter().position(is_named) else {
            continue;
        };
        let month = u32::try_from(position).ok()? + 1;
        if found.is_some_and(|known| known != month) {
            return None;
        }
        found = Some(month);
    }
    found
}

/// The months that have the name in any language whose months are those of the common calendar, as
/// bits: bit 0 is January. Capitals without accents count where no name is written just so.
pub(super) fn months_named(name: &str) -> u16 {
    let name = compose(name).trim().trim_end_matches('.').to_uppercase();
    let folded = fold(&name);
    let common = || NAMES.iter().filter(|(language, _)| *language != Language::Persian);
    let months_where = |is_named: &dyn Fn(&str) -> bool| {
        let bits = common()
            .flat_map(|(_, months)| (0..).zip(months))
            .filter_map(|(bit, names)| names.split(' ').any(is_named).then_some(1_u16 << bit));
        bits.fold(0, |months, bit| months | bit)
    };
    match months_where(&|known| known == name) {
        0 => {
            months_where(&|known| known.nfd().filter(|c| !is_combining_mark(*c)).eq(folded.chars()))
        }
        months => months,
    }
}

type Names = (Language, [&'static str; 12]);

/// Each month's names, genitives and common abbreviations in capitals, with the accents and as they
/// are written without.
#[rustfmt::skip]
pub(super) static NAMES: [Names; 40] = [
    (Language::Albanian, [
        "JANAR JAN", "SHKURT SHK", "MARS MAR", "PRILL PRI", "MAJ", "QERSHOR QER", "KORRIK KOR",
        "GUSHT GUS", "SHTATOR SHT", "TETOR TET", "NËNTOR NËN", "DHJETOR DHJ",
    ]),
    (Language::Arabic, [
        "يناير", "فبراير شباط", "مارس آذار", "أبريل إبريل نيسان", "مايو أيار", "يونيو حزيران",
        "يوليو تموز", "أغسطس آب", "سبتمبر أيلول", "أكتوبر", "نوفمبر", "ديسمبر",
    ]),
    (Language::Azerbaijani, [
        "YANVAR YAN", "FEVRAL FEV", "MART MAR", "APREL APR", "MAY", "İYUN IYUN İYN", "İYUL IYUL İYL",
        "AVQUST AVQ", "SENTYABR SEN", "OKTYABR OKT", "NOYABR NOY", "DEKABR DEK",
    ]),
    (Language::Belarusian, [
        "СТУДЗЕНЬ СТУДЗЕНЯ СТУ", "ЛЮТЫ ЛЮТАГА ЛЮТ", "САКАВІК САКАВІКА САК", "КРАСАВІК КРАСАВІКА КРА",
        "МАЙ МАЯ", "ЧЭРВЕНЬ ЧЭРВЕНЯ ЧЭР", "ЛІПЕНЬ ЛІПЕНЯ ЛІП", "ЖНІВЕНЬ ЖНІЎНЯ ЖНІ",
        "ВЕРАСЕНЬ ВЕРАСНЯ ВЕР", "КАСТРЫЧНІК КАСТРЫЧНІКА КАС", "ЛІСТАПАД ЛІСТАПАДА ЛІС",
        "СНЕЖАНЬ СНЕЖНЯ СНЕ",
    ]),
    (Language::Bulgarian, [
        "ЯНУАРИ ЯН", "ФЕВРУАРИ ФЕВР ФЕВ", "МАРТ", "АПРИЛ АПР", "МАЙ", "ЮНИ", "ЮЛИ",
        "АВГУСТ АВГ", "СЕПТЕМВРИ СЕПТ СЕП", "ОКТОМВРИ ОКТ", "НОЕМВРИ НОЕМ НОЕ", "ДЕКЕМВРИ ДЕК",
    ]),
    (Language::Catalan, [
        "GENER GEN", "FEBRER FEB", "MARÇ MAR", "ABRIL ABR", "MAIG MAI", "JUNY", "JULIOL", "AGOST AGO",
        "SETEMBRE SET", "OCTUBRE OCT", "NOVEMBRE NOV", "DESEMBRE DES",
    ]),
    (Language::Croatian, [
        "SIJEČANJ SIJEČNJA SIJ", "VELJAČA VELJAČE VELJ", "OŽUJAK OŽUJKA OŽU", "TRAVANJ TRAVNJA TRA",
        "SVIBANJ SVIBNJA SVI", "LIPANJ LIPNJA LIP", "SRPANJ SRPNJA SRP", "KOLOVOZ KOLOVOZA KOL",
        "RUJAN RUJNA RUJ", "LISTOPAD LISTOPADA LIS", "STUDENI STUDENOGA STU", "PROSINAC PROSINCA PRO",
    ]),
    (Language::Czech, [
        "LEDEN LEDNA LED", "ÚNOR ÚNORA ÚNO", "BŘEZEN BŘEZNA BŘE", "DUBEN DUBNA DUB",
        "KVĚTEN KVĚTNA KVĚ", "ČERVEN ČERVNA ČVN", "ČERVENEC ČERVENCE ČVC", "SRPEN SRPNA SRP",
        "ZÁŘÍ ZÁŘ", "ŘÍJEN ŘÍJNA ŘÍJ", "LISTOPAD LISTOPADU LIS", "PROSINEC PROSINCE PRO",
    ]),
    (Language::Danish, [
        "JANUAR JAN", "FEBRUAR FEB", "MARTS MAR", "APRIL APR", "MAJ", "JUNI JUN", "JULI JUL",
        "AUGUST AUG", "SEPTEMBER SEP SEPT", "OKTOBER OKT", "NOVEMBER NOV", "DECEMBER DEC",
    ]),
    (Language::Dutch, [
        "JANUARI JAN", "FEBRUARI FEB", "MAART MRT MAA", "APRIL APR", "MEI", "JUNI JUN", "JULI JUL",
        "AUGUSTUS AUG", "SEPTEMBER SEP SEPT", "OKTOBER OKT", "NOVEMBER NOV", "DECEMBER DEC",
    ]),
    (Language::English, [
        "JANUARY JAN", "FEBRUARY FEB", "MARCH MAR", "APRIL APR", "MAY", "JUNE JUN", "JULY JUL",
        "AUGUST AUG", "SEPTEMBER SEP SEPT", "OCTOBER OCT", "NOVEMBER NOV", "DECEMBER DEC",
    ]),
    (Language::Estonian, [
        "JAANUAR JAAN", "VEEBRUAR VEEBR", "MÄRTS", "APRILL APR", "MAI", "JUUNI", "JUULI",
        "AUGUST AUG", "SEPTEMBER SEPT", "OKTOOBER OKT", "NOVEMBER NOV", "DETSEMBER DETS",
    ]),
    (Language::Finnish, [
        "TAMMIKUU TAMMIKUUTA TAMMI", "HELMIKUU HELMIKUUTA HELMI", "MAALISKUU MAALISKUUTA MAALIS",
        "HUHTIKUU HUHTIKUUTA HUHTI", "TOUKOKUU TOUKOKUUTA TOUKO", "KESÄKUU KESÄKUUTA KESÄ",
        "HEINÄKUU HEINÄKUUTA HEINÄ", "ELOKUU ELOKUUTA ELO", "SYYSKUU SYYSKUUTA SYYS",
        "LOKAKUU LOKAKUUTA LOKA", "MARRASKUU MARRASKUUTA MARRAS", "JOULUKUU JOULUKUUTA JOULU",
    ]),
    (Language::French, [
        "JANVIER JANV JAN", "FÉVRIER FEVRIER FÉVR FEVR FÉV FEV", "MARS", "AVRIL AVR", "MAI",
        "JUIN", "JUILLET JUIL", "AOÛT AOUT", "SEPTEMBRE SEPT", "OCTOBRE OCT", "NOVEMBRE NOV",
        "DÉCEMBRE DECEMBRE DÉC DEC",
    ]),
    (Language::German, [
        "JANUAR JÄNNER JAN JÄN", "FEBRUAR FEB", "MÄRZ MAERZ MRZ MÄR", "APRIL APR", "MAI", "JUNI JUN",
        "JULI JUL", "AUGUST AUG", "SEPTEMBER SEP SEPT", "OKTOBER OKT", "NOVEMBER NOV", "DEZEMBER DEZ",
    ]),
    (Language::Greek, [
        "ΙΑΝΟΥΑΡΙΟΣ ΙΑΝΟΥΑΡΊΟΥ ΙΑΝΟΥΑΡΙΟΥ ΙΑΝ", "ΦΕΒΡΟΥΑΡΙΟΣ ΦΕΒΡΟΥΑΡΊΟΥ ΦΕΒΡΟΥΑΡΙΟΥ ΦΕΒ",
        "ΜΑΡΤΙΟΣ ΜΑΡΤΊΟΥ ΜΑΡΤΙΟΥ ΜΑΡ", "ΑΠΡΙΛΙΟΣ ΑΠΡΙΛΊΟΥ ΑΠΡΙΛΙΟΥ ΑΠΡ", "ΜΑΙΟΣ ΜΑΪΟΥ ΜΑΙΟΥ ΜΑΪ ΜΑΙ",
        "ΙΟΥΝΙΟΣ ΙΟΥΝΊΟΥ ΙΟΥΝΙΟΥ ΙΟΥΝ", "ΙΟΥΛΙΟΣ ΙΟΥΛΊΟΥ ΙΟΥΛΙΟΥ ΙΟΥΛ",
        "ΑΥΓΟΥΣΤΟΣ ΑΥΓΟΎΣΤΟΥ ΑΥΓΟΥΣΤΟΥ ΑΥΓ", "ΣΕΠΤΕΜΒΡΙΟΣ ΣΕΠΤΕΜΒΡΊΟΥ ΣΕΠΤΕΜΒΡΙΟΥ ΣΕΠ",
        "ΟΚΤΩΒΡΙΟΣ ΟΚΤΩΒΡΊΟΥ ΟΚΤΩΒΡΙΟΥ ΟΚΤ", "ΝΟΕΜΒΡΙΟΣ ΝΟΕΜΒΡΊΟΥ ΝΟΕΜΒΡΙΟΥ ΝΟΕ",
        "ΔΕΚΕΜΒΡΙΟΣ ΔΕΚΕΜΒΡΊΟΥ ΔΕΚΕΜΒΡΙΟΥ ΔΕΚ",
    ]),
    (Language::Hungarian, [
        "JANUÁR JAN", "FEBRUÁR FEBR FEB", "MÁRCIUS MÁRC MÁR", "ÁPRILIS ÁPR", "MÁJUS MÁJ", "JÚNIUS JÚN",
        "JÚLIUS JÚL", "AUGUSZTUS AUG", "SZEPTEMBER SZEPT SZEP", "OKTÓBER OKT", "NOVEMBER NOV",
        "DECEMBER DEC",
    ]),
    (Language::Icelandic, [
        "JANÚAR JAN", "FEBRÚAR FEB", "MARS MAR", "APRÍL APR", "MAÍ", "JÚNÍ JÚN", "JÚLÍ JÚL", "ÁGÚST ÁGÚ",
        "SEPTEMBER SEP", "OKTÓBER OKT", "NÓVEMBER NÓV", "DESEMBER DES",
    ]),
    (Language::Indonesian, [
        "JANUARI JAN", "FEBRUARI FEB", "MARET MAR", "APRIL APR", "MEI", "JUNI JUN", "JULI JUL",
        "AGUSTUS AGU AGS", "SEPTEMBER SEP", "OKTOBER OKT", "NOVEMBER NOV", "DESEMBER DES",
    ]),
    (Language::Irish, [
        "EANÁIR EAN", "FEABHRA FEABH FEA", "MÁRTA MÁR", "AIBREÁN AIB", "BEALTAINE BEAL BEA",
        "MEITHEAMH MEITH MEI", "IÚIL IÚI", "LÚNASA LÚN", "MFÓMH MFÓ", "DFÓMH DFÓ", "SAMHAIN SAMH SAM",
        "NOLLAIG NOLL NOL",
    ]),
    (Language::Italian, [
        "GENNAIO GEN", "FEBBRAIO FEB", "MARZO MAR", "APRILE APR", "MAGGIO MAG", "GIUGNO GIU",
        "LUGLIO LUG", "AGOSTO AGO", "SETTEMBRE SET", "OTTOBRE OTT", "NOVEMBRE NOV", "DICEMBRE DIC",
    ]),
    (Language::Latvian, [
        "JANVĀRIS JANVĀRĪ JANV", "FEBRUĀRIS FEBRUĀRĪ FEBR", "MARTS MARTĀ", "APRĪLIS APRĪLĪ APR",
        "MAIJS MAIJĀ", "JŪNIJS JŪNIJĀ JŪN", "JŪLIJS JŪLIJĀ JŪL", "AUGUSTS AUGUSTĀ AUG",
        "SEPTEMBRIS SEPTEMBRĪ SEPT", "OKTOBRIS OKTOBRĪ OKT", "NOVEMBRIS NOVEMBRĪ NOV",
        "DECEMBRIS DECEMBRĪ DEC",
    ]),
    (Language::Lithuanian, [
        "SAUSIS SAUSIO", "VASARIS VASARIO", "KOVAS KOVO", "BALANDIS BALANDŽIO", "GEGUŽĖ GEGUŽĖS",
        "BIRŽELIS BIRŽELIO", "LIEPA LIEPOS", "RUGPJŪTIS RUGPJŪČIO", "RUGSĖJIS RUGSĖJO",
        "SPALIS SPALIO", "LAPKRITIS LAPKRIČIO", "GRUODIS GRUODŽIO",
    ]),
    (Language::Macedonian, [
        "ЈАНУАРИ ЈАН", "ФЕВРУАРИ ФЕВ", "МАРТ МАР", "АПРИЛ АПР", "МАЈ", "ЈУНИ ЈУН", "ЈУЛИ ЈУЛ",
        "АВГУСТ АВГ", "СЕПТЕМВРИ СЕП", "ОКТОМВРИ ОКТ", "НОЕМВРИ НОЕ", "ДЕКЕМВРИ ДЕК",
    ]),
    (Language::Malay, [
        "JANUARI JAN", "FEBRUARI FEB", "MAC", "APRIL APR", "MEI", "JUN", "JULAI JUL", "OGOS OGO",
        "SEPTEMBER SEP", "OKTOBER OKT", "NOVEMBER NOV", "DISEMBER DIS",
    ]),
    (Language::Maltese, [
        "JANNAR JAN", "FRAR FRA", "MARZU MAR", "APRIL APR", "MEJJU MEJ", "ĠUNJU ĠUN", "LULJU LUL",
        "AWWISSU AWW", "SETTEMBRU SET", "OTTUBRU OTT", "NOVEMBRU NOV", "DIĊEMBRU DIĊ",
    ]),
    (Language::Norwegian, [
        "JANUAR JAN", "FEBRUAR FEB", "MARS MAR", "APRIL APR", "MAI", "JUNI JUN", "JULI JUL",
        "AUGUST AUG", "SEPTEMBER SEP SEPT", "OKTOBER OKT", "NOVEMBER NOV", "DESEMBER DES",
    ]),
    (Language::Persian, [
        "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی",
        "بهمن", "اسفند",
    ]),
    (Language::Polish, [
        "STYCZEŃ STYCZNIA STY", "LUTY LUTEGO LUT", "MARZEC MARCA MAR", "KWIECIEŃ KWIETNIA KWI",
        "MAJ MAJA", "CZERWIEC CZERWCA CZE", "LIPIEC LIPCA LIP", "SIERPIEŃ SIERPNIA SIE",
        "WRZESIEŃ WRZEŚNIA WRZ", "PAŹDZIERNIK PAŹDZIERNIKA PAŹ", "LISTOPAD LISTOPADA LIS",
        "GRUDZIEŃ GRUDNIA GRU",
    ]),
    (Language::Portuguese, [
        "JANEIRO JAN", "FEVEREIRO FEV", "MARÇO MARCO MAR", "ABRIL ABR", "MAIO MAI", "JUNHO JUN",
        "JULHO JUL", "AGOSTO AGO", "SETEMBRO SET", "OUTUBRO OUT", "NOVEMBRO NOV", "DEZEMBRO DEZ",
    ]),
    (Language::Romanian, [
        "IANUARIE IAN", "FEBRUARIE FEB", "MARTIE MAR", "APRILIE APR", "MAI", "IUNIE IUN", "IULIE IUL",
        "AUGUST AUG", "SEPTEMBRIE SEP SEPT", "OCTOMBRIE OCT", "NOIEMBRIE NOI NOV", "DECEMBRIE DEC",
    ]),
    (Language::Russian, [
        "ЯНВАРЬ ЯНВАРЯ ЯНВ", "ФЕВРАЛЬ ФЕВРАЛЯ ФЕВ", "МАРТ МАРТА МАР", "АПРЕЛЬ АПРЕЛЯ АПР", "МАЙ МАЯ",
        "ИЮНЬ ИЮНЯ ИЮН", "ИЮЛЬ ИЮЛЯ ИЮЛ", "АВГУСТ АВГУСТА АВГ", "СЕНТЯБРЬ СЕНТЯБРЯ СЕН",
        "ОКТЯБРЬ ОКТЯБРЯ ОКТ", "НОЯБРЬ НОЯБРЯ НОЯ", "ДЕКАБРЬ ДЕКАБРЯ ДЕК",
    ]),
    (Language::Serbian, [
        "ЈАНУАР ЈАН JANUAR JAN", "ФЕБРУАР ФЕБ FEBRUAR FEB", "МАРТ МАР MART MAR", "АПРИЛ АПР APRIL APR",
        "МАЈ MAJ", "ЈУН ЈУНИ JUN JUNI", "ЈУЛ ЈУЛИ JUL JULI", "АВГУСТ АВГ AVGUST AVG",
        "СЕПТЕМБАР СЕП SEPTEMBAR SEP", "ОКТОБАР ОКТ OKTOBAR OKT", "НОВЕМБАР НОВ NOVEMBAR NOV",
        "ДЕЦЕМБАР ДЕЦ DECEMBAR DEC",
    ]),
    (Language::Slovak, [
        "JANUÁR JANUÁRA JAN", "FEBRUÁR FEBRUÁRA FEB", "MAREC MARCA MAR", "APRÍL APRÍLA APR",
        "MÁJ MÁJA", "JÚN JÚNA", "JÚL JÚLA", "AUGUST AUGUSTA AUG", "SEPTEMBER SEPTEMBRA SEP",
        "OKTÓBER OKTÓBRA OKT", "NOVEMBER NOVEMBRA NOV", "DECEMBER DECEMBRA DEC",
    ]),
    (Language::Slovenian, [
        "JANUAR JANUARJA JAN", "FEBRUAR FEBRUARJA FEB", "MAREC MARCA MAR", "APRIL APRILA APR",
        "MAJ MAJA", "JUNIJ JUNIJA JUN", "JULIJ JULIJA JUL", "AVGUST AVGUSTA AVG",
        "SEPTEMBER SEPTEMBRA SEP", "OKTOBER OKTOBRA OKT", "NOVEMBER NOVEMBRA NOV",
        "DECEMBER DECEMBRA DEC",
    ]),
    (Language::Spanish, [
        "ENERO ENE", "FEBRERO FEB", "MARZO MAR", "ABRIL ABR", "MAYO MAY", "JUNIO JUN", "JULIO JUL",
        "AGOSTO AGO", "SEPTIEMBRE SETIEMBRE SEP SET SEPT", "OCTUBRE OCT", "NOVIEMBRE NOV",
        "DICIEMBRE DIC",
    ]),
    (Language::Swedish, [
        "JANUARI JAN", "FEBRUARI FEB FEBR", "MARS MAR", "APRIL APR", "MAJ", "JUNI JUN", "JULI JUL",
        "AUGUSTI AUG", "SEPTEMBER SEP SEPT", "OKTOBER OKT", "NOVEMBER NOV", "DECEMBER DEC",
    ]),
    (Language::Thai, [
        "มกราคม ม.ค", "กุมภาพันธ์ ก.พ", "มีนาคม มี.ค", "เมษายน เม.ย", "พฤษภาคม พ.ค", "มิถุนายน มิ.ย",
        "กรกฎาคม ก.ค", "สิงหาคม ส.ค", "กันยายน ก.ย", "ตุลาคม ต.ค", "พฤศจิกายน พ.ย", "ธันวาคม ธ.ค",
    ]),
    (Language::Turkish, [
        "OCAK OCA", "ŞUBAT ŞUB SUBAT", "MART MAR", "NİSAN NISAN NİS NIS", "MAYIS MAY",
        "HAZİRAN HAZIRAN HAZ", "TEMMUZ TEM", "AĞUSTOS AGUSTOS AĞU", "EYLÜL EYLUL EYL", "EKİM EKIM EKI",
        "KASIM KAS", "ARALIK ARA",
    ]),
    (Language::Ukrainian, [
        "СІЧЕНЬ СІЧНЯ СІЧ", "ЛЮТИЙ ЛЮТОГО ЛЮТ", "БЕРЕЗЕНЬ БЕРЕЗНЯ БЕР", "КВІТЕНЬ КВІТНЯ КВІ",
        "ТРАВЕНЬ ТРАВНЯ ТРА", "ЧЕРВЕНЬ ЧЕРВНЯ ЧЕР", "ЛИПЕНЬ ЛИПНЯ ЛИП", "СЕРПЕНЬ СЕРПНЯ СЕР",
        "ВЕРЕСЕНЬ ВЕРЕСНЯ ВЕР", "ЖОВТЕНЬ ЖОВТНЯ ЖОВ", "ЛИСТОПАД ЛИСТОПАДА ЛИС",
        "ГРУДЕНЬ ГРУДНЯ ГРУ",
    ]),
];
