"""The device against the CPU, by the same program on the same weights: logits, tokens and documents.

The CPU's answers are held against transformers and PEFT by the golden tests.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .common import KINDS, MODELS, REPOSITORY, Day
from .served import Server

IMAGES = REPOSITORY / "tests/fixtures/goldens/images"
DOCUMENTS = REPOSITORY / "tests/fixtures/documents"
TOKENS = "1,20,9,33,2"
# What a logit may differ by in f32, as in the golden tests.
TOLERANCE = 1e-3
# The share of the largest logit that a product in bf16 or f16 may be off by, here and on the CPU.
NARROW_TOLERANCE = 0.05
# The share of fields of the shipped types that read the same in bf16.
SAME_FIELDS = 0.995


def run(day: Day) -> None:
    cases = [(model, None, "f32") for model in sorted(MODELS.iterdir())]
    for model in sorted(MODELS.iterdir()):
        kinds = [*model.glob("adapters/*"), *KINDS.glob(f"{model.name}/adapters/*")]
        cases += [(model, adapter, "f32") for adapter in sorted(kinds)]
    narrow = [(MODELS / "tied", MODELS / "tied/adapters/all-linear", precision) for precision in ("bf16", "f16", "int8")]
    large = [(day.large_base, None, "f32"), (day.large_base, day.scratch / "large-adapters/0", "f32")]
    if day.is_small:
        cases = cases[:2] + cases[-2:]
    with ThreadPoolExecutor(2 if day.is_small else 4) as pool:
        logits = list(pool.map(lambda case: compare_logits(day, *case), cases + large + narrow))
        wrong = [found for found in logits if found]
    wrong += compare_documents(day, documents(3 if day.is_small else None))
    assert not wrong, "; ".join(wrong)


def compare_logits(day: Day, base: Path, adapter: Path | None, precision: str) -> str | None:
    command = ["debug", "forward", "--base", base, "--image", IMAGES / "landscape.png", "--tokens", TOKENS, "--weight-precision", precision]
    if adapter:
        adapters_in = "f32" if precision == "int8" else precision
        command += ["--adapter", adapter, "--adapter-precision", adapters_in]
    expected, found = (day.ask(*command, device=device)["logits"] for device in ("cpu", day.device))
    pairs = [(left, right) for rows in zip(expected, found, strict=True) for left, right in zip(*rows, strict=True)]
    off = max(abs(left - right) for left, right in pairs)
    largest = max(abs(left) for left, _ in pairs)
    named = {"base": base.name, "adapter": adapter.name if adapter else "none", "precision": precision}
    day.record("logits", **named, numbers=len(pairs), off=off, largest=largest)
    # NaN is no number below anything.
    fits = off <= TOLERANCE if precision == "f32" else off <= NARROW_TOLERANCE * largest
    return None if fits else f"{named}: off by {off}"


def documents(most: int | None) -> list[tuple[str, list[Path]]]:
    """The sample documents of every shipped type: their pages in order."""
    folders = sorted({page.parent for page in DOCUMENTS.glob("*/*/*/*/page-*")})
    return [(str(folder.parent.relative_to(DOCUMENTS)), sorted(folder.glob("page-*"))) for folder in folders][:most]


def compare_documents(day: Day, chosen: list[tuple[str, list[Path]]]) -> list[str]:
    """Documents sent all at once to a server on the device, so that batches are mixed, and to one on the CPU."""
    assert chosen, "no sample document"
    with Server(day, "cpu", "f32") as expected, Server(day, day.device, day.precision) as found, ThreadPoolExecutor(16) as pool:
        asked = [(server, document) for server in (expected, found) for document in chosen]
        answers = list(pool.map(lambda question: question[0].read(*question[1]), asked))
    fields = same = 0
    for (document_type, _), *pair in zip(chosen, answers, answers[len(chosen) :]):
        texts = [[field["raw"] for field in answer["fields"]] for answer in pair]
        alike = sum(left == right for left, right in zip(*texts, strict=True))
        fields, same = fields + len(texts[0]), same + alike
        if alike < len(texts[0]):
            day.record("document_differs", document_type=document_type, fields=len(texts[0]), alike=alike)
    day.record("documents_parity", documents=len(chosen), precision=day.precision, fields=fields, same=same)
    return [] if same >= SAME_FIELDS * fields else [f"{same} of {fields} fields read as on the CPU in f32"]
