"""A base model's vocabulary: one token a character, one token a field.

It is fixed once for all document types, so that adapters never carry embeddings. A field without a
token of its own is spelled out: `<field>`, the characters of its name, `<value>`.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"
SPELLED_FIELD, SPELLED_VALUE = "<field>", "<value>"

# Global names; a document type picks among them. Order is part of the checkpoint: append only.
FIELD_NAMES = (
    "surname",
    "given_names",
    "full_name",
    "document_number",
    "personal_number",
    "nationality",
    "issuing_state",
    "date_of_birth",
    "place_of_birth",
    "sex",
    "height",
    "eye_colour",
    "date_of_issue",
    "date_of_expiry",
    "authority",
    "address",
    "categories",
    "restrictions",
    "document_code",
    "card_access_number",
    "mrz",
)

ACCENTED = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŠŽŁŃŚŹŻĆČĎĚŇŘŤŮŐŰĞİŞĀĒĪŪ"
CHARACTERS = "\n" + "".join(chr(code) for code in range(0x20, 0x7F)) + ACCENTED


def field_token(name: str) -> str:
    """The token that asks for field `name`."""
    return f"<s_{name}>"


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a base; the index of a token is its id."""

    tokens: tuple[str, ...]

    @staticmethod
    def of(characters: str) -> "Vocabulary":
        """Every special token, every field's, and the characters."""
        special = (PAD, BOS, EOS, UNK, SPELLED_FIELD, SPELLED_VALUE)
        return Vocabulary((*special, *map(field_token, FIELD_NAMES), *characters))

    @staticmethod
    def read(folder: Path) -> "Vocabulary":
        """That of an exported base. Raises `ForeignVocabulary` where ids of `FIELD_NAMES` or of what is not written are others."""
        ids = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
        tokens = tuple(sorted(ids, key=ids.__getitem__))
        known = Vocabulary.of("").tokens
        if [ids[token] for token in tokens] != list(range(len(tokens))) or tokens[: len(known)] != known:
            raise ForeignVocabulary(f"{folder / 'tokenizer.json'}: its tokens don't begin as {known[0]} to {known[-1]} without a gap")
        return Vocabulary(tokens)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Token to id."""
        return {token: index for index, token in enumerate(self.tokens)}

    @property
    def size(self) -> int:
        """Rows of the output projection: a multiple of 64 keeps them aligned, and the last ones are never used."""
        return -(-len(self.tokens) // 64) * 64

    def prompt_ids(self, name: str, spelled: bool = False) -> list[int]:
        """The decoder's forced tokens for field `name`: start, then the field's token or its spelling."""
        if name in FIELD_NAMES and not spelled:
            return [BOS_ID, self.ids[field_token(name)]]
        return [BOS_ID, self.ids[SPELLED_FIELD], *self.text_ids(name), self.ids[SPELLED_VALUE]]

    def text_ids(self, text: str) -> list[int]:
        """The tokens of a value; a character outside the vocabulary is a KeyError."""
        return [self.ids[character] for character in text]

    def text(self, ids: list[int]) -> str:
        """What tokens write; rows behind the last token write nothing."""
        return "".join(self.tokens[index] for index in ids if index < len(self.tokens))

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json` and its companions as transformers reads them."""
        tokenizer = Tokenizer(models.WordLevel(vocab=dict(self.ids), unk_token=UNK))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
        tokenizer.decoder = decoders.Fuse()
        special = [token for token in self.tokens if len(token) > 1]
        tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
        fast = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            pad_token=PAD,
            bos_token=BOS,
            eos_token=EOS,
            unk_token=UNK,
            clean_up_tokenization_spaces=False,
        )
        fast.save_pretrained(folder)


class ForeignVocabulary(ValueError):
    """A base whose tokens this package did not write; the message names the file."""


PAD_ID, BOS_ID, EOS_ID = 0, 1, 2
# The present base's.
PRESENT = Vocabulary.of(CHARACTERS)
assert [PRESENT.tokens[index] for index in (PAD_ID, BOS_ID, EOS_ID)] == [PAD, BOS, EOS]
