"""What a base has learnt to read, as its folder says: letters, and how small they may be."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = "reads.json"


@dataclass(frozen=True)
class Reach:
    """The letters, and the smallest em in pixels of a page as the encoder sees it."""

    letters: frozenset[str]
    smallest_em: float

    @staticmethod
    def read(folder: Path) -> "Reach | None":
        """That of a base's folder; none where nobody wrote it down."""
        file = folder / FILE
        if not file.is_file():
            return None
        entries = json.loads(file.read_text(encoding="utf-8"))
        return Reach(frozenset(entries["letters"]), float(entries["smallest_em_pixels"]))

    def save(self, folder: Path) -> None:
        """Writes it down."""
        entries = {"letters": "".join(sorted(self.letters)), "smallest_em_pixels": self.smallest_em}
        (folder / FILE).write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
