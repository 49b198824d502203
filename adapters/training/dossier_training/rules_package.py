"""Writes the packages of states' rules: `plugin.json`, and two fixtures a document type.

    python -m dossier_training.rules_package --host ../../target/debug/dossier --state norvaria

The rules have to pass every check of a genuine document that was drawn for it, or this fails. The altered one expires
on its holder's birthday, and has to fail a check.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dossier_training.dataset import captured_documents
from dossier_training.document_types.declarations import DECLARATIONS

VERSION = "1.0.0"
_SEED, _TODAY = 41, "2026-11-24"
_ROOT = Path(__file__).parents[3]


class NotAsExpected(ValueError):
    """The rules judge an invented document otherwise than it was made."""


def _rules(document_type: str) -> str:
    return document_type.split("/")[0]


def _drawn(document_type: str) -> Iterator[dict[str, Any]]:
    for pages in captured_documents(document_type, 50, _SEED):
        barcodes = [{"source": source, "page": number, "content": content} for number, page in enumerate(pages, 1) for source, content in page.barcodes]
        fields = {name: text for page in pages for name, text in page.fields.items()}
        yield {"fields": fields, **({"barcodes": barcodes} if barcodes else {})}


def _judged(host: Path, document_type: str, seen: dict[str, Any]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as values:
        json.dump(seen, values, ensure_ascii=False)
        values.flush()
        command: list[str | Path] = [host, "plugin", "run", _rules(document_type), "--document-type", document_type, "--values", values.name, "--today", _TODAY, "--data-root", _ROOT]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    checks = [{"code": check["code"], "outcome": check["outcome"]} for check in report["checks"]]
    return {"fields": report["fields"], "checks": checks}


def _requests(host: Path, document_type: str) -> dict[str, Any]:
    """What the rules ask for of a whole document, as `plugin test --accept` states it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "fixture.json")
        file.write_text(json.dumps({"document_type": document_type, "today": _TODAY, "fields": {}}))
        command: list[str | Path] = [host, "plugin", "test", _rules(document_type), "--fixtures", folder, "--accept", "--data-root", _ROOT]
        subprocess.run(command, check=True, capture_output=True)
        return json.loads(file.read_text())["requests"]


def _fixture(
    document_type: str, seen: dict[str, Any], requests: dict[str, Any], report: dict[str, Any]
) -> dict[str, Any]:
    return {"document_type": document_type, "today": _TODAY, **seen, "requests": requests, "expected": report}


def _codes(report: dict[str, Any], outcome: str) -> list[str]:
    return [check["code"] for check in report["checks"] if check["outcome"] == outcome]


def fixtures(host: Path, document_type: str) -> dict[str, dict[str, Any]]:
    """The fixtures of a document type, by the end of their file's name."""
    for seen in _drawn(document_type):
        genuine = _judged(host, document_type, seen)
        # Some holders carry an expired document, as people do.
        if "document.expiry" not in _codes(genuine, "failed"):
            break
    if wrong := [check for check in genuine["checks"] if check["outcome"] != "passed"]:
        raise NotAsExpected(f"{document_type}: a genuine document has {wrong}")
    altered_seen = {**seen, "fields": {**seen["fields"], "date_of_expiry": seen["fields"]["date_of_birth"]}}
    altered = _judged(host, document_type, altered_seen)
    if not _codes(altered, "failed"):
        raise NotAsExpected(f"{document_type}: a document that expired when its holder was born passes")
    requests = _requests(host, document_type)
    return {
        "genuine": _fixture(document_type, seen, requests, genuine),
        "altered": _fixture(document_type, altered_seen, requests, altered),
    }


def write(host: Path, state: str) -> None:
    """Writes the folder of a state's package."""
    folder = _ROOT / "plugins" / state / "package"
    (folder / "fixtures").mkdir(parents=True, exist_ok=True)
    documents = list(DECLARATIONS[state].documents)
    manifest = {"name": state, "version": VERSION, "document_types": [f"{state}/{document}" for document in documents]}
    (folder / "plugin.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for document in documents:
        for name, fixture in fixtures(host, f"{state}/{document}").items():
            file = folder / "fixtures" / f"{document.replace('/', '-')}-{name}.json"
            file.write_text(json.dumps(fixture, ensure_ascii=False, indent=1) + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", type=Path, required=True, help="the program `dossier`")
    parser.add_argument("--state", choices=DECLARATIONS, action="append", help="one or several; all if it is not given")
    options = parser.parse_args()
    for state in options.state or DECLARATIONS:
        write(options.host.resolve(), state)


if __name__ == "__main__":
    main()
