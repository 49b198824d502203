#!/usr/bin/env python3
"""Makes the handbook: `book.py OUT`, with `MDBOOK` naming the program mdbook.

The pages are those of host/docs/SUMMARY.md, some of which stand elsewhere in the repository. They are laid out as they
lie there, so that links between them hold as they are; a link to what is no page of the book becomes plain text.
Then every link of the book that was made is followed, to its heading. The first that leads nowhere is named.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "host/docs"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FRONT = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=host/docs/index.html">\n'
PICTURES = {".svg", ".png", ".jpg"}


def pages() -> list[Path]:
    """The pages of the book, by their places in the repository."""
    found = [DOCS / target for _, _, target in LINK.findall((DOCS / "SUMMARY.md").read_text())]
    return [Path(os.path.normpath(page)).relative_to(ROOT) for page in found]


def lay_out(src: Path) -> None:
    """Writes summary and pages, with the pictures that they show."""
    chosen = pages()
    if missing := [str(page) for page in chosen if not (ROOT / page).is_file()]:
        raise SystemExit(f"SUMMARY.md names what is not there: {', '.join(missing)}")
    if double := {str(page) for page in chosen if chosen.count(page) > 1}:
        raise SystemExit(f"SUMMARY.md names twice: {', '.join(double)}")
    own = {page.relative_to(ROOT) for page in DOCS.rglob("*.md")} - {Path("host/docs/SUMMARY.md")}
    if left := sorted(str(page) for page in own - set(chosen)):
        raise SystemExit(f"SUMMARY.md leaves out: {', '.join(left)}")
    summary = LINK.sub(
        lambda found: f"[{found[2]}]({(Path('host/docs') / found[3]).as_posix()})", (DOCS / "SUMMARY.md").read_text()
    )
    # A path that goes up and down again is one that mdbook would follow out of its folder.
    (src / "SUMMARY.md").write_text(re.sub(r"\((\S+)\)", lambda found: f"({os.path.normpath(found[1])})", summary))
    for page in chosen:
        target = src / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(linked_within((ROOT / page).read_text(), page, set(chosen), src))


def linked_within(text: str, page: Path, chosen: set[Path], src: Path) -> str:
    """The text of a page whose links to other than pages of the book are text."""

    def kept(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        path, _, _ = target.partition("#")
        if "://" in target or not path:
            return found[0]
        place = Path(os.path.normpath(page.parent / unquote(path)))
        if place in chosen:
            return found[0]
        if not (ROOT / place).exists():
            raise SystemExit(f"{page}: there is no {target}")
        if picture or place.suffix in PICTURES:
            (src / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / place, src / place)
            return found[0]
        return words if "`" in words or words == str(place) else f"{words} (`{place}`)"

    # Blocks of code stay as they are.
    parts = re.split(r"(^[ \t]*```.*?^[ \t]*```[ \t]*$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.lstrip().startswith("```") else LINK.sub(kept, part) for part in parts)


class Html(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


def broken(book: Path) -> list[str]:
    """The links of the book that lead nowhere."""
    read: dict[Path, Html] = {}
    for file in book.rglob("*.html"):
        read[file] = Html()
        read[file].feed(file.read_text())
    wrong = []
    for file, html in read.items():
        # Its links are those of wherever it is shown.
        if file.name == "404.html":
            continue
        for link in html.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(os.path.normpath(file.parent / unquote(parts.path))) if parts.path else file
            anchor = unquote(parts.fragment)
            if not target.exists() or (anchor and target in read and anchor not in read[target].anchors):
                wrong.append(f"{file.relative_to(book)}: {link}")
    if len(read) < 10:
        raise SystemExit(f"{book}: {len(read)} pages, which is no book")
    return sorted(set(wrong))


def main(out: Path) -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "src").mkdir()
        shutil.copy(DOCS / "book.toml", folder)
        lay_out(folder / "src")
        # mdbook tells of what it can't do and ends with 0 all the same: what it tells is taken for an error.
        command = [os.environ.get("MDBOOK", "mdbook"), "build", str(folder), "--dest-dir", str(out.resolve())]
        told = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        grave = [line for line in told.stderr.splitlines() if re.search(r"\b(WARN|ERROR)\b", line)]
        if told.returncode != 0 or grave:
            sys.stderr.write(told.stderr)
            return 1
    # mdbook puts a copy of the first page there, whose links are those of its own place.
    (out / "index.html").write_text(FRONT)
    wrong = broken(out)
    for link in wrong:
        print(f"leads nowhere: {link}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
