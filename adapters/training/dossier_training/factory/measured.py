"""What was measured stays: a comparison that is started again goes on."""

import json
from collections.abc import Callable
from pathlib import Path

from dossier_training.checkpoints import base_digest
from dossier_training.factory.files import digest_of, write_json


class Measured:
    """The rows of a JSON file, each under the digest of the base and the terms it was measured on."""

    def __init__(self, file: Path, base: Path) -> None:
        self._file, self._base = file, base_digest(base)
        self._rows = {row["key"]: row for row in json.loads(file.read_text())["rows"]} if file.exists() else {}

    def row(self, terms: object, measure: Callable[[Path], dict]) -> dict:
        """The row of these terms; where there is none yet, `measure` makes it in a folder of its own."""
        key = digest_of([self._base, terms])
        if key not in self._rows:
            self._rows[key] = {"key": key, **measure(self._file.parent / "runs" / key[7:23])}
            write_json(self._file, {"rows": list(self._rows.values())})
        return self._rows[key]
