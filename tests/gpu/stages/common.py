"""What the stages share: sizes, where things lie, how results are kept, how the host is called."""

import json
import os
import site
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
SHIPPED = REPOSITORY / "adapters/base/dossier-small"
MODELS = REPOSITORY / "tests/fixtures/goldens/models"
KINDS = REPOSITORY / "tests/fixtures/goldens/adapter-kinds"
PAGE = REPOSITORY / "tests/fixtures/documents/utopia/passport/2024/1/page-1.png"
PASSPORT = "utopia/passport/2024"


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    shape: str  # of the large base, for tests/peers/random_base.py
    page: tuple[int, int]  # height and width
    full_page: tuple[int, int]
    passes: tuple[int, ...]  # pages in work at once, of the full page
    documents: tuple[int, ...]  # in a batch
    adapters: tuple[int, ...]  # in use in a batch
    many: tuple[int, ...]  # adapters in memory
    fields: int
    characters: int
    rounds: int
    cycles: int


SIZES = {
    "small": Size("miniature", (96, 64), (192, 128), (1, 3), (4,), (0, 1, 3), (8,), 2, 3, 1, 5),
    "full": Size("donut-base", (960, 672), (2560, 1920), (1, 8, 17, 18), (16, 64), (0, 1, 16, 64), (500, 2000), 8, 24, 3, 300),
}


class Day:
    """One run, as a stage sees it."""

    # A stage ends with it where this machine lacks what it needs; any other failure is one.
    NOT_PERFORMED = 77

    def __init__(self, program: Path, device: str, size: str, out: Path, scratch: Path, stage: str) -> None:
        self.program, self.device, self.out, self.scratch, self.stage = program, device, out, scratch, stage
        # What measures is a program of its own, beside the host's.
        self.bench = program.parent / "dossier-bench"
        self.size = SIZES[size]
        self.on_gpu = device != "cpu"

    @property
    def large_base(self) -> Path:
        return self.scratch / "large-base"

    @property
    def is_small(self) -> bool:
        """Whether this only shows that every stage works."""
        return self.size is SIZES["small"]

    @property
    def bases(self) -> dict[str, Path]:
        """What speed is measured on; adapters for each lie beside the large base."""
        return {"large": self.large_base} if self.is_small else {"large": self.large_base, "shipped": SHIPPED}

    @property
    def precision(self) -> str:
        """In what weights and adapters are kept where speed is measured."""
        return "bf16" if self.on_gpu else "f32"

    def record(self, kind: str, **values) -> None:
        """Keeps a result at once, whatever happens next."""
        line = {"at": round(time.time(), 2), "kind": kind, "stage": self.stage} | values
        with (self.out / "results.jsonl").open("a") as results:
            results.write(json.dumps(line) + "\n")
            results.flush()
            os.fsync(results.fileno())

    def results(self) -> list[dict]:
        path = self.out / "results.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def not_performed(self, why: str) -> None:
        self.record("not_performed", why=why)
        sys.exit(self.NOT_PERFORMED)

    def call(self, *arguments, device: str | None = None, timeout: float | None = None) -> str:
        """What the host prints. Raises with the end of what it said when it fails."""
        program = self.program
        if arguments[0] == "bench":
            program, arguments = self.bench, arguments[1:]
        command = [str(part) for part in (program, *arguments, "--device", device or self.device)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=REPOSITORY)
        if answer.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: ended with {answer.returncode}: {answer.stderr[-600:]}")
        return answer.stdout

    def ask(self, *arguments, device: str | None = None):
        """The same, of a command that answers JSON."""
        return json.loads(self.call(*arguments, "--json", device=device))

    def documents_per_second(self, base: Path, adapters: list[Path], documents: int, **changed) -> float:
        """The median over rounds, after one that does not count."""
        size = {"rounds": self.size.rounds, "fields": self.size.fields, "characters": self.size.characters, "precision": self.precision} | changed
        command = ["bench", "documents", "--base", base, "--image", PAGE, "--documents", documents, "--batch", documents]
        command += ["--rounds", size["rounds"], "--fields", size["fields"], "--characters", size["characters"]]
        command += ["--weight-precision", size["precision"], "--adapter-precision", size["precision"]]
        for adapter in adapters:
            command += ["--adapter", adapter]
        speeds = sorted(self.ask(*command)["docs_per_s"])
        return speeds[len(speeds) // 2]


def unpacked(program: Path, folder: Path) -> Path:
    """The program itself; what was packed with it lies beside it."""
    if program.suffix != ".xz":
        return program.resolve()
    target = folder / "programs"
    with tarfile.open(program, "r:xz") as packed:
        packed.extractall(target, filter="data")
    return target / "dossier"


def installed_libraries() -> list[str]:
    """Folders of CUDA's libraries that Python packages brought: PyTorch's wheels bring all that the host needs."""
    folders = [Path(folder) for folder in [*site.getsitepackages(), *sys.path] if folder]
    found = (lib for folder in folders for lib in sorted(folder.glob("nvidia/*/lib")))
    return list(dict.fromkeys(str(lib) for lib in found))
