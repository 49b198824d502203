"""How well something reads: exact fields, character errors, Donut's two figures, and calibration.

Donut's F1 and tree-edit accuracy (Kim et al. 2022) are those of its `JSONParseEvaluator`, over `gt_parse`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import zss
from rapidfuzz.distance import Levenshtein

ECE_BINS = 10
# Of all readings, the surest: at each of these shares a report says how many of them are exact.
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0)


@dataclass(frozen=True)
class Reading:
    """One field as it was read: truth, text, and how sure the reader was, 0 to 1."""

    document: str
    page: int
    name: str
    truth: str
    text: str
    confidence: float

    @property
    def exact(self) -> bool:
        """Whether every character is right."""
        return self.text == self.truth


def character_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Insertions, deletions and substitutions a character of the truth, over all `(truth, text)`."""
    pairs = list(pairs)
    errors = sum(Levenshtein.distance(truth, text) for truth, text in pairs)
    return errors / max(1, sum(len(truth) for truth, _ in pairs))


def expected_calibration_error(confidences: np.ndarray, exact: np.ndarray, bins: int = ECE_BINS) -> float:
    """Mean gap between confidence and exactness over bins of equal width, weighted by their size (Guo et al. 2017)."""
    which = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [abs(confidences[which == b].mean() - exact[which == b].mean()) * (which == b).sum() for b in range(bins) if (which == b).any()]
    return float(sum(gaps) / max(1, len(confidences)))


def exact_of_surest(readings: list[Reading]) -> list[list[float]]:
    """For each of `COVERAGES`, it and the share that is exact of the surest readings: what a client gets who takes no other (Geifman & El-Yaniv 2017).

    Readings that are equally sure count as read in the worst order: a confidence that tells nothing apart promises nothing.
    """
    ordered = sorted(readings, key=lambda r: (-r.confidence, r.exact))
    right = np.cumsum([r.exact for r in ordered])
    kept = [max(1, round(coverage * len(ordered))) for coverage in COVERAGES]
    return [[coverage, float(right[count - 1] / count)] for coverage, count in zip(COVERAGES, kept, strict=True)] if ordered else []


def _flat(value: object, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for key, below in value.items() for leaf in _flat(below, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [leaf for below in value for leaf in _flat(below, path)]
    return [(path, str(value))]


def f1(truths: list[dict], texts: list[dict]) -> float:
    """Donut's F1: leaves that are in both, over all documents."""
    right = wrong = 0
    for truth, text in zip(truths, texts, strict=True):
        wanted, found = Counter(_flat(truth)), Counter(_flat(text))
        shared = sum((wanted & found).values())
        right += shared
        wrong += sum(wanted.values()) + sum(found.values()) - 2 * shared
    return right / max(1, right + wrong / 2)


def _tree(value: object, name: str) -> zss.Node:
    node = zss.Node(name)
    if isinstance(value, dict):
        for key in sorted(value, key=lambda key: (len(key), key)):
            node.addkid(_tree(value[key], key))
    elif isinstance(value, list):
        for below in value:
            node.addkid(_tree(below, "<subtree>") if isinstance(below, dict) else zss.Node(f"<leaf>{below}"))
    else:
        node.addkid(zss.Node(f"<leaf>{value}"))
    return node


def tree_edit_accuracy(truth: object, text: object) -> float:
    """Donut's accuracy: 1 less the tree edit distance over the size of the truth; leaves cost their edit distance by characters."""

    def update(one: str, other: str) -> float:
        leaves = one.startswith("<leaf>"), other.startswith("<leaf>")
        if all(leaves):
            return Levenshtein.distance(one[6:], other[6:])
        if any(leaves):
            leaf = one if leaves[0] else other
            return 1 + len(leaf[6:])
        return float(one != other)

    def cost(label: str) -> int:
        return len(label[6:]) if label.startswith("<leaf>") else 1

    def distance(one: zss.Node, other: zss.Node) -> float:
        return zss.distance(one, other, zss.Node.get_children, lambda n: cost(n.label), lambda n: cost(n.label), lambda n, m: update(n.label, m.label))

    wanted = _tree(truth, "<root>")
    return max(0.0, 1 - distance(_tree(text, "<root>"), wanted) / max(1.0, distance(_tree({}, "<root>"), wanted)))


def score(readings: list[Reading]) -> dict[str, Any]:
    """Every figure, and those of each field."""
    documents: dict[str, list[Reading]] = defaultdict(list)
    fields: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        documents[reading.document].append(reading)
        fields[reading.name].append(reading)
    truths = [{r.name: r.truth for r in of_document} for of_document in documents.values()]
    texts = [{r.name: r.text for r in of_document} for of_document in documents.values()]
    zones = [(r.truth, r.text) for r in fields.get("mrz", [])]
    return {
        "documents": len(documents),
        **_of(readings),
        "f1": f1(truths, texts),
        "tree_edit_accuracy": float(np.mean([tree_edit_accuracy(*pair) for pair in zip(truths, texts, strict=True)])) if truths else 0.0,
        "documents_exact": sum(all(r.exact for r in of_document) for of_document in documents.values()) / max(1, len(documents)),
        "mrz_char_accuracy": max(0.0, 1 - character_error_rate(zones)) if zones else None,
        "fields": {name: _of(of_field) for name, of_field in sorted(fields.items())},
    }


def _of(readings: list[Reading]) -> dict[str, Any]:
    exact = np.array([r.exact for r in readings], dtype=float)
    confidences = np.array([r.confidence for r in readings])
    return {
        "asked": len(readings),
        "exact": int(exact.sum()),
        "fields_exact": float(exact.mean()) if len(exact) else 0.0,
        "cer": character_error_rate((r.truth, r.text) for r in readings),
        "ece": expected_calibration_error(confidences, exact) if len(exact) else 0.0,
    }
