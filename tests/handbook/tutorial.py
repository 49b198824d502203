#!/usr/bin/env python3
"""Runs the tutorials of host/docs as a newcomer would: `tutorial.py PAGE ...`, with `DOSSIER_BINARY` naming the program.

Each page is one shell session, in a folder that looks like the repository's root. The blocks marked `sh` run in their
order; the first that ends with another code than 0 fails the page. A block marked `text` right after one is what it
prints: its lines must come in their order, where `...` stands for anything. A block after a comment
`<!-- not run: why -->` is passed over. Ports are free ones: the page's own are replaced. Prints what each block took.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_PAGE_SECONDS = 900
PORTS = ("8080", "8081", "8082")
# What a tutorial may write to is copied, the rest is linked.
COPIED = ("adapters", "plugins", "Cargo.toml", "Cargo.lock")


@dataclass
class Block:
    """Commands, and what they are to print."""

    line: int
    commands: str
    expected: list[str]


def blocks_of(page: str) -> list[Block]:
    """The blocks that run, in order. Fails on a block of an unknown kind, so that none is passed over by a slip."""
    blocks: list[Block] = []
    is_passed_over = False
    fence, kind, begun, body = "", "", 0, []
    for number, line in enumerate(page.splitlines(), 1):
        if fence:
            if line.strip() == fence:
                text, fence = "\n".join(body), ""
                if kind == "sh" and not is_passed_over:
                    blocks.append(Block(begun, text, []))
                elif kind == "text" and not is_passed_over:
                    if not blocks or blocks[-1].expected:
                        raise SystemExit(f"line {begun}: nothing before it prints this")
                    blocks[-1].expected = [line.strip() for line in text.splitlines() if line.strip()]
                is_passed_over = False
            else:
                body.append(line)
        elif opened := re.fullmatch(r"\s*(```+)(\w*)", line):
            fence, kind, begun, body = opened[1], opened[2], number, []
            if kind not in ("sh", "text") and not is_passed_over:
                raise SystemExit(f"line {number}: a block marked `{kind}` is neither `sh` nor `text`")
        elif re.fullmatch(r"<!-- not run: .+ -->", line.strip()):
            is_passed_over = True
    return blocks


def missing_line(expected: list[str], printed: str) -> str | None:
    """The first line that does not come when it should."""
    lines = iter(line.strip() for line in printed.splitlines())
    for wanted in expected:
        if wanted == "...":
            continue
        pattern = ".*".join(re.escape(part) for part in wanted.split("..."))
        if not any(re.fullmatch(pattern, line) for line in lines):
            return wanted
    return None


def place(folder: Path) -> Path:
    """A folder that looks like the repository's root, and may be written to."""
    root = folder / "dossier"
    root.mkdir()
    for entry in ROOT.iterdir():
        if entry.name in COPIED and entry.is_file():
            shutil.copy(entry, root / entry.name)
        elif entry.name in COPIED:
            ignored = shutil.ignore_patterns("node_modules", "target", "build", "__pycache__")
            # Without their times: cargo would take sources that are older than what is kept below for built.
            shutil.copytree(entry, root / entry.name, symlinks=True, ignore=ignored, copy_function=shutil.copy)
        elif entry.name not in (".git", "target"):
            (root / entry.name).symlink_to(entry)
    # What rules are compiled of is kept from one run to the next.
    components = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dossier/tutorial-components"
    components.mkdir(parents=True, exist_ok=True)
    (root / "target").mkdir()
    (root / "target/components").symlink_to(components)
    return root


def environment(folder: Path, ports: dict[str, str]) -> dict[str, str]:
    """A newcomer's: the program is on the path, and no setting of the host is there but its port."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "dossier").symlink_to(Path(os.environ["DOSSIER_BINARY"]).resolve())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOSSIER_")}
    paths = [str(programs), *filter(None, [os.environ.get("TUTORIAL_PATH")]), os.environ["PATH"]]
    home = {"PYTHONDONTWRITEBYTECODE": "1"}
    return kept | home | {"PATH": ":".join(paths), "DOSSIER_LISTEN": f"127.0.0.1:{ports['8080']}"}


def free_ports() -> dict[str, str]:
    """For each port of the pages, one that nobody has."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    free = [str(listener.getsockname()[1]) for listener in sockets]
    for listener in sockets:
        listener.close()
    return dict(zip(PORTS, free))


def with_ports(text: str, ports: dict[str, str]) -> str:
    """The text with the ports that are free."""
    return re.sub(r":(808[012])\b", lambda found: f":{ports[found[1]]}", text)


def script_of(blocks: list[Block], folder: Path, ports: dict[str, str]) -> str:
    """One session: a block's output goes to a file of its own, and what is left in the background ends with it."""
    lines = ["set -eo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT", "exec 9>&1"]
    for at, block in enumerate(blocks):
        lines += [f"exec >{folder}/{at}.out 2>&1", with_ports(block.commands, ports), f"echo {at} >&9"]
    return "\n".join(lines) + "\n"


def run(page: Path) -> bool:
    """Whether the page does what it says."""
    blocks = blocks_of(page.read_text())
    if not blocks:
        raise SystemExit(f"{page}: no block of it runs")
    with tempfile.TemporaryDirectory(prefix="tutorial-") as made:
        folder, ports = Path(made), free_ports()
        outputs = folder / "outputs"
        outputs.mkdir()
        script = folder / "session.sh"
        script.write_text(script_of(blocks, outputs, ports))
        begun = time.monotonic()
        session = subprocess.Popen(
            ["timeout", "--kill-after=10", str(LONGEST_PAGE_SECONDS), "bash", "--noprofile", "--norc", str(script)],
            cwd=place(folder), env=environment(folder, ports), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        assert session.stdout is not None
        done = 0
        is_well = True
        for told in session.stdout:
            block, now = blocks[int(told)], time.monotonic()
            printed = (outputs / f"{told.strip()}.out").read_text(errors="replace")
            missing = missing_line([with_ports(line, ports) for line in block.expected], printed)
            print(f"{page}:{block.line}: {now - begun:.1f} s{'' if missing is None else ', and not what stands there'}")
            if missing is not None:
                print(f"  missing: {missing}\n  printed:\n{printed}")
                is_well = False
            if os.environ.get("TUTORIAL_SHOW"):
                print(printed)
            begun, done = now, done + 1
        if session.wait() != 0 or done < len(blocks):
            block = blocks[min(done, len(blocks) - 1)]
            printed = (outputs / f"{done}.out").read_text(errors="replace") if done < len(blocks) else ""
            print(f"{page}:{block.line}: failed ({session.returncode}):\n{block.commands}\n--\n{printed}")
            return False
        return is_well


if __name__ == "__main__":
    results = [run(Path(page)) for page in sys.argv[1:]]
    sys.exit(0 if results and all(results) else 1)
