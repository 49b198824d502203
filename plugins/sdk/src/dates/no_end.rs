//! How documents say that they have no end.

use super::visual::NO_END_YEAR;
use super::{digit, parse_any};
use crate::text::fold;

/// Whether a date of expiry states that the document has no end: in words, or as a date of the year
/// 9999 or with nothing but nines.
#[must_use]
pub(crate) fn states_no_end(text: &str) -> bool {
    let digits = text.chars().filter_map(digit).collect::<Vec<_>>();
    if !digits.is_empty() {
        let has_other_words = text.chars().any(char::is_alphabetic);
        let is_nines = matches!(digits.len(), 6 | 8) && digits.iter().all(|digit| *digit == 9);
        return parse_any(text).is_some_and(|day| day.year == NO_END_YEAR)
            || (is_nines && !has_other_words);
    }
    let text = fold(text);
    let text = text.replace(['-', '.', ',', ';'], " ");
    let mut phrases = text.split('/').map(|phrase| phrase.split_whitespace().collect::<Vec<_>>());
    phrases.any(|phrase| WORDS.contains(&phrase.join(" ").as_str()))
}

/// The words, in capitals without accents. A field in two languages has a slash between them.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    // English
    "PERMANENT", "NEVER", "NONE", "NO EXPIRY", "NO EXPIRY DATE", "NO EXPIRATION", "NO EXPIRATION DATE",
    "NEVER EXPIRES", "DOES NOT EXPIRE", "NON EXPIRING", "UNLIMITED", "NO LIMIT", "WITHOUT LIMIT",
    "INDEFINITE", "INDEFINITELY", "LIFETIME", "FOR LIFE", "LIFE", "LIFELONG",
    // Spanish, Portuguese, Catalan
    "PERMANENTE", "INDEFINIDO", "INDEFINIDA", "INDEFINIDAMENTE", "ILIMITADO", "ILIMITADA", "VITALICIO",
    "VITALICIA", "SIN LIMITE", "SIN VENCIMIENTO", "SIN CADUCIDAD", "NO VENCE", "NO CADUCA", "NUNCA",
    "SEM LIMITE", "SEM VALIDADE", "INDETERMINADO", "INDETERMINADA", "VALIDADE INDETERMINADA",
    "SENSE CADUCITAT",
    // French, Italian, Romanian
    "SANS LIMITE", "SANS LIMITATION", "ILLIMITE", "ILLIMITEE", "INDETERMINE",
    "INDETERMINEE", "DUREE ILLIMITEE", "DUREE INDETERMINEE", "A VIE", "JAMAIS",
    "ILLIMITATO", "ILLIMITATA", "INDETERMINATO", "SENZA SCADENZA", "SENZA LIMITE", "A VITA",
    "NELIMITAT", "NELIMITATA", "NEDETERMINAT", "NEDETERMINATA", "FARA LIMITA", "FARA TERMEN",
    "PERMANENTA",
    // German, Dutch, and the Nordic languages
    "UNBEFRISTET", "UNBEGRENZT", "UNBESCHRANKT", "DAUERND", "ONBEPERKT", "ONBEPAALD",
    "ONBEPAALDE TIJD", "UBEGRÆNSET", "UBEGRENSET", "TIDSUBEGRÆNSET", "OBEGRANSAD", "TILLS VIDARE",
    "TOISTAISEKSI", "VOIMASSA TOISTAISEKSI", "OTIMABUNDIÐ",
    // Estonian, Latvian, Lithuanian
    "TAHTAJATU", "TAHTAJATULT", "BEZTERMINA", "PASTAVIGA", "NETERMINUOTAS", "NETERMINUOTA",
    "NETERMINUOTAI", "NERIBOTAS", "NERIBOTA",
    // Polish, Czech, Slovak, Hungarian
    "BEZTERMINOWO", "BEZTERMINOWY", "BEZTERMINOWA", "NIEOZNACZONY", "CZAS NIEOZNACZONY",
    "BEZ OMEZENI", "NEOMEZENO", "NEOMEZENA", "NA DOBU NEURCITOU", "DOBA NEURCITA", "TRVALE",
    "BEZ OBMEDZENIA", "NEOBMEDZENA", "NEOBMEDZENE", "NA NEURCITO", "HATARIDO NELKUL", "HATAROZATLAN",
    "HATAROZATLAN IDEIG", "KORLATLAN",
    // Croatian, Bosnian, Serbian, Slovenian, Macedonian, Bulgarian, Albanian
    "TRAJNO", "TRAJNA", "TRAJNI", "NEOGRANICENO", "TRAJNO VELJAVNA", "ТРАЈНО", "ТРАЈНА",
    "НЕОГРАНИЧЕНО", "БЕЗСРОЧНА", "БЕЗСРОЧНО", "БЕЗСРОЧЕН", "НЕОГРАНИЧЕНА", "БЕЗ СРОК", "PA AFAT",
    "E PERHERSHME", "I PERHERSHEM",
    // Greek and Turkish
    "ΑΟΡΙΣΤΟΥ", "ΑΟΡΙΣΤΗ", "ΑΟΡΙΣΤΗΣ ΔΙΑΡΚΕΙΑΣ", "ΧΩΡΙΣ ΛΗΞΗ", "ΜΟΝΙΜΗ", "ΕΠ ΑΟΡΙΣΤΟΝ",
    "SURESIZ", "SINIRSIZ", "DAIMI", "MUDDETSIZ",
    // Russian, Ukrainian, Belarusian (fold takes the breve of Й)
    "БЕССРОЧНО", "БЕССРОЧНЫИ", "БЕССРОЧНАЯ", "БЕЗСТРОКОВО", "БЕЗСТРОКОВИИ", "БЕЗТЕРМІНОВО",
    "БЕЗТЕРМІНОВИИ", "ПОСТІИНО", "БЕСТЭРМІНОВА", "БЕСТЭРМІНОВЫ",
    // Vietnamese, Indonesian, Malay, Thai, Chinese, Japanese
    "KHONG THOI HAN", "VO THOI HAN", "SEUMUR HIDUP", "SELAMA LAMANYA", "ตลอดชพ", "长期", "長期", "永久",
    "無期限", "无期限",
    // Arabic, Persian
    "دايم", "دايمة", "غير محدد", "غير محدود", "مدى الحياة", "دایم", "نامحدود",
];

#[cfg(test)]
mod tests;
