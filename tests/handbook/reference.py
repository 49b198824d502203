#!/usr/bin/env python3
"""Writes the pages of the reference that only a host at work can tell, with `DOSSIER_BINARY` naming the program:
`reference.py [--check]`. With `--check`, compares instead.

`reference/metrics.md` is what a host's /metrics says of itself; `reference/checks.md`, the checks in an answer and in
the fixtures of the shipped rules, which have every check of their document types.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "host/docs/reference"
PAGE = ROOT / "tests/fixtures/documents/utopia/passport/2024/5/page-1.png"
MANY = 6
"""States from which on a code is said to be of all that have the field."""
OWN = {
    "page.located": "each picture shows something that stands out as a page; not performed where none does",
    "page.single_document": "no picture shows more documents than were read",
    "image.resolution": "the page has enough pixels for its print",
    "image.cut_off": "the whole page is in the picture",
    "image.exposure": "the page is neither too dark nor too light to have print",
    "image.blur": "the page is sharp enough for its print",
    "image.glare": "no reflection hides a part of the page",
}
"""The host's own checks. Their messages say what to do where one failed."""


SOMETIMES = {
    "barcode.search": "the pages were searched for the barcodes that the rules want; not performed where a decoder failed",
    "mrz.second_look": "a zone was read twice, and both readings agree; not performed where they differ, or it could not be cut out",
}
"""More of them, for documents whose rules want barcodes, and whose zone was read twice."""


def answers() -> tuple[dict, str]:
    """An answer, and the metrics after it, of a host that keeps jobs."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        key = folder / "jobs.key"
        key.write_text("00" * 32)
        key.chmod(0o600)
        command = [os.environ["DOSSIER_BINARY"], "serve", "--listen", "127.0.0.1:0", "--data-root", str(ROOT)]
        command += ["--today", "2026-11-24", "--log-format", "json", "--metrics-on-listen"]
        command += ["--jobs-dir", str(folder / "jobs"), "--jobs-key-file", str(key)]
        host = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert host.stderr is not None
        try:
            told = next((line for line in map(json.loads, host.stderr) if line.get("message") == "listening"), None)
            if told is None:
                raise SystemExit("the host did not start")
            subprocess.Popen(["cat"], stdin=host.stderr, stdout=subprocess.DEVNULL)
            url = f"http://{told['address']}"
            answer = json.loads(asked(f"{url}/v1/extract", form(PAGE.read_bytes())))
            # A request counts once its answer is out.
            for _ in range(100):
                metrics = asked(f"{url}/metrics").decode()
                if "\ndossier_requests_total{" in metrics:
                    return answer, metrics
                time.sleep(0.1)
            raise SystemExit("the host counts no requests")
        finally:
            host.terminate()
            host.wait(timeout=60)


def asked(url: str, body: tuple[bytes, str] | None = None) -> bytes:
    """What a host answers."""
    request = urllib.request.Request(url, body and body[0], {"content-type": body[1]} if body else {})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def form(page: bytes) -> tuple[bytes, str]:
    """A form of one page, and its content type."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="page"; filename="page-1"\r\n\r\n'
    return head.encode() + page + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def row(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def metrics_page(text: str) -> str:
    """The families of an exposition, in the order of their names."""
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    kinds = dict(re.findall(r"^# TYPE (\S+) (.*)$", text, re.MULTILINE))
    labels: dict[str, set[str]] = defaultdict(set)
    for name, named in re.findall(r"^([a-z_:]+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        family = next(family for family in (name, re.sub(r"_(bucket|sum|count|total)$", "", name)) if family in kinds)
        labels[family] |= set(re.findall(r'(\w+)="', named)) - {"le"}
    page = """# Metrics

`tests/handbook/reference.py` writes this page from what a host says of itself at `/metrics`: change it there.

[For operators](../operator.md#metrics) tells where they are asked for, and what to watch. Labels are those that a host
shows after its first document; those of canaries, and of stages that nobody asked for, come with them.

"""
    page += row("metric", "type", "labels", "tells") + "|---|---|---|---|\n"
    for name in sorted(kinds):
        shown = ", ".join(f"`{label}`" for label in sorted(labels[name]))
        page += row(f"`{name}`", kinds[name], shown, helps.get(name, ""))
    return page


def checks_page(answer: dict) -> str:
    """The checks of a host and of the shipped rules."""
    said: dict[str, str] = {}
    rules: dict[str, set[str]] = defaultdict(set)
    for file in sorted([*ROOT.glob("plugins/*/package/fixtures/*.json"), *ROOT.glob("plugins/icao/fixtures/*.json")]):
        name = file.relative_to(ROOT / "plugins").parts[0]
        for check in report(name, file).get("checks", []):
            rules[check["code"]].add(name)
            if check["outcome"] == "passed":
                said.setdefault(check["code"], sentence(check["message"]))
    own = [check["code"] for check in answer["checks"] if check["code"] not in {*rules, *SOMETIMES}]
    if own != list(OWN):
        raise SystemExit(f"the host's own checks are {own}; tests/handbook/reference.py tells of {list(OWN)}")
    page = """# Codes of checks

`tests/handbook/reference.py` writes this page from an answer of a host, and from the reports of the shipped rules on
their fixtures, which have every check of their document types: change it there.

A check is `passed`, `failed` or `not_performed`; [what a verdict is worth](../explanation/trust.md#the-verdict) tells
what follows. Messages may change, codes do not.

## Of the host, about the pictures

The same for every document, before those of the rules. The message of one that failed names the picture and what to do.

"""
    page += row("code", "passes where") + "|---|---|\n"
    for code, meaning in OWN.items():
        page += row(f"`{code}`", meaning)
    page += """
Behind them, where the rules want barcodes, and where a machine-readable zone was read twice:

"""
    page += row("code", "passes where") + "|---|---|\n"
    for code, meaning in SOMETIMES.items():
        page += row(f"`{code}`", meaning)
    page += """
## Of the shipped rules

Rules of other states may have others: their fixtures have them.

"""
    page += row("code", "says where it passed", "rules") + "|---|---|---|\n"
    for code in sorted(rules):
        whose = "most states" if len(rules[code]) > MANY else ", ".join(f"`{name}`" for name in sorted(rules[code]))
        page += row(f"`{code}`", said.get(code, ""), whose)
    return page


def report(rules: str, fixture: Path) -> dict:
    """What rules say of a fixture; nothing where it is one that they refuse."""
    told = json.loads(fixture.read_text())
    if "refused" in told["expected"]:
        return {}
    command = [os.environ["DOSSIER_BINARY"], "plugin", "run", rules, "--data-root", str(ROOT), "--today", told["today"]]
    command += ["--document-type", told["document_type"], "--values", str(fixture), "--log-level", "error"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def sentence(text: str) -> str:
    """On one line."""
    return " ".join(text.split())


def main(is_check: bool) -> int:
    answer, metrics = answers()
    code = 0
    for name, text in (("metrics.md", metrics_page(metrics)), ("checks.md", checks_page(answer))):
        file = REFERENCE / name
        if not is_check:
            file.write_text(text)
        elif file.read_text() != text:
            print(f"{file.relative_to(ROOT)} is not what a host tells: tests/handbook/reference.py writes it anew")
            subprocess.run(["diff", str(file), "-"], input=text, text=True)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
