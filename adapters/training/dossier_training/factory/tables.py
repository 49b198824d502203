"""Tables in Markdown, for a terminal and a page."""

from collections.abc import Callable, Sequence
from typing import Any

_PERCENT = ("fields_exact", "worst_type", "mrz_char_accuracy", "surest_")
_SHOWN: dict[str, Callable[[float], str]] = {
    "cer": "{:.4f}".format, "ece": "{:.3f}".format, "seconds": "{:.0f}".format, "cpu_seconds": "{:.0f}".format, "images_for_one_type": "{:.0f}".format,
}  # fmt: skip


def line(columns: Sequence[str], row: dict) -> str:
    """A row."""
    return "| " + " | ".join(_text(name, row[name]) for name in columns) + " |"


def table(columns: Sequence[str], rows: Sequence[dict]) -> str:
    """The head and every row."""
    head = "| " + " | ".join(name.replace("_", " ") for name in columns) + " |"
    return "\n".join([head, "|" + "---|" * len(columns), *(line(columns, row) for row in rows)]) + "\n"


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.startswith(_PERCENT):
        return f"{100 * value:.1f} %"
    return _SHOWN.get(name, str)(value)
