"""The base model's vocabulary: one token a character, one token a field.

It is fixed once for all document types, so that adapters never carry embeddings. A field without a
token of its own is spelled out: `<field>`, the characters of its name, `<value>`.
"""

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


def tokens() -> list[str]:
    """Every token, its index being its id."""
    special = [PAD, BOS, EOS, UNK, SPELLED_FIELD, SPELLED_VALUE]
    return special + [field_token(name) for name in FIELD_NAMES] + list(CHARACTERS)


TOKENS = tokens()
TOKEN_IDS = {token: index for index, token in enumerate(TOKENS)}
PAD_ID, BOS_ID, EOS_ID = (TOKEN_IDS[token] for token in (PAD, BOS, EOS))
# A multiple of 64 keeps the output projection's rows aligned; the rest of the rows are never used.
VOCABULARY_SIZE = -(-len(TOKENS) // 64) * 64


def prompt_ids(name: str, spelled: bool = False) -> list[int]:
    """The decoder's forced tokens for field `name`: start, then the field's token or its spelling."""
    if name in FIELD_NAMES and not spelled:
        return [BOS_ID, TOKEN_IDS[field_token(name)]]
    letters = [TOKEN_IDS[character] for character in name]
    return [BOS_ID, TOKEN_IDS[SPELLED_FIELD], *letters, TOKEN_IDS[SPELLED_VALUE]]


def text_ids(text: str) -> list[int]:
    """The tokens of a value; a character outside the vocabulary is a KeyError."""
    return [TOKEN_IDS[character] for character in text]


def save_tokenizer(folder: Path) -> None:
    """Writes `tokenizer.json` and its companions as transformers reads them."""
    tokenizer = Tokenizer(models.WordLevel(vocab=dict(TOKEN_IDS), unk_token=UNK))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    special = [token for token in TOKENS if len(token) > 1]
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
