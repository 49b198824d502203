"""The letters of the next base: all of the present one's, then Latin with its diacritics, Greek and Cyrillic.

Precomposed forms only (Unicode NFC). Order is part of the checkpoint: append only.
"""

import unicodedata

from dossier_training import vocabulary
from dossier_training.vocabulary import Vocabulary

# Latin-1 Supplement and Latin Extended-A whole, without what NFC never yields or no language writes any more.
_LATIN = "".join(chr(code) for code in range(0xC0, 0x180) if chr(code) not in "×÷ŉſĿŀĲĳ")
# Romanian, Azerbaijani, Pinyin and Vietnamese vowels, Croatian and Sami carons, African letters, capital sharp s.
_LATIN_MORE = "ȘșȚțƏəẞƠơƯưǍǎǏǐǑǒǓǔǙǚǦǧǨǩǪǫȲȳẀẁẂẃẄẅỲỳƁɓƊɗƘƙƳƴƐɛƆɔƝɲƎǝ"
_VIETNAMESE = "".join(chr(code) for code in range(0x1EA0, 0x1EF2)) + "ỴỵỶỷỸỹ"
_GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψωΆΈΉΊΌΎΏάέήίόύώΪΫϊϋΐΰ"
# Russian, Ukrainian, Belarusian, Serbian, Macedonian, Kazakh, Kyrgyz, Mongolian, Tajik, Uzbek, Tatar.
_CYRILLIC = "".join(chr(code) for code in range(0x400, 0x460)) + "ҐґҒғҚқҢңҮүҰұҲҳҺһҶҷӘәӨөӢӣӮӯӤӥӦӧ"
_SIGNS = "°º№€’‘“”„«»–—·•©®"

CHARACTERS = vocabulary.CHARACTERS + "".join(
    dict.fromkeys(c for c in _LATIN + _LATIN_MORE + _VIETNAMESE + _GREEK + _CYRILLIC + _SIGNS if c not in vocabulary.CHARACTERS)
)
VOCABULARY = Vocabulary.of(CHARACTERS)

LATIN = tuple(sorted({c for c in _LATIN + _LATIN_MORE + _VIETNAMESE}))
GREEK, CYRILLIC = tuple(_GREEK), tuple(_CYRILLIC)

# Letters of two scripts that one typeface draws alike: a cell of pixels can't tell them apart, the word can.
_TWINS = dict(zip("АВЕЅІЈКМНОРСТХаеѕіјорсхуһЁЇёїΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϊΪÐƉ", "ABESIJKMHOPCTXaesijopcxyhËÏëïABEZHIKMNOPTYXoïÏĐĐ", strict=True))
# As the eye has them: one class a shape.
SHAPES = {c: index for index, c in enumerate(dict.fromkeys(_TWINS.get(c, c) for c in CHARACTERS if c not in " \n"), 1)}
SHAPE_OF = {c: SHAPES[_TWINS.get(c, c)] for c in CHARACTERS if c not in " \n"}

assert all(unicodedata.is_normalized("NFC", c) for c in CHARACTERS)
assert VOCABULARY.tokens[: len(vocabulary.PRESENT.tokens)] == vocabulary.PRESENT.tokens


def written(text: str) -> str:
    """The text in NFC, with what the letters lack left out and white space single."""
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(c for c in text if c in VOCABULARY.ids and c != "\n" or c.isspace()).split())
