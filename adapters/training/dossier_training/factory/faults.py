"""What can be wrong with a data set, and the report that names each thing."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 12

# Kind -> (stops training, what it means).
KINDS = {
    "no_metadata": (True, "no metadata.jsonl, neither in the folder nor in train/, validation/ and test/"),
    "unreadable_line": (True, "a line of metadata.jsonl is not what Donut's form asks for"),
    "missing_image": (True, "a line names an image that is not there"),
    "unreadable_image": (True, "an image can't be decoded"),
    "unlisted_image": (False, "an image that no line names"),
    "nested_label": (True, "a field holds lists or objects; the model reads flat fields"),
    "empty_label": (True, "a field is empty or blank; what a page does not show is left out"),
    "unreadable_character": (True, "a label has characters that the base's vocabulary does not"),
    "unlearnt_letter": (True, "labels have letters that the base has in its vocabulary and has not learnt to read: take another base"),
    "small_print": (True, "values are printed smaller than the base has learnt to read"),
    "reach_unknown": (False, "nobody wrote down what the base has learnt to read, so letters and sizes were not looked at"),
    "too_long": (True, "a label is longer than the decoder can write"),
    "unknown_field": (True, "a field that the document type does not have"),
    "missing_field": (True, "a page lacks a field that its like have"),
    "other_document_type": (True, "a page that is of another document type"),
    "duplicate": (True, "the same page twice"),
    "contradiction": (True, "the same page with different labels"),
    "leakage": (True, "the same page or document in two splits"),
    "one_class": (True, "most fields have one value in the whole data set: nothing can be learnt"),
    "constant_field": (False, "a field has one value in the whole data set; it is learnt as a constant"),
    "too_few": (True, "a split has too few documents"),
    "few_documents": (False, "a split has few documents: its figures are uncertain"),
    "recaptured": (False, "several captures of one document in a split"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: its kind, and where. Never a value."""

    kind: str
    where: str

    @property
    def stops(self) -> bool:
        """Whether training must not start."""
        return KINDS[self.kind][0]


@dataclass
class Report:
    """What a check found, and what stands in the data set."""

    faults: list[Fault] = field(default_factory=list)
    statistics: dict[str, Any] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether training must not start: some fault stops it and was not allowed."""
        return any(fault.stops and fault.kind not in self.allowed for fault in self.faults)

    def as_json(self) -> dict[str, object]:
        """Everything, as data."""
        faults = [{"kind": fault.kind, "stops": fault.stops and fault.kind not in self.allowed, "where": fault.where} for fault in self.faults]
        return {"passed": not self.stops, "faults": faults, **self.statistics}

    def as_text(self) -> str:
        """For people: every kind once, with the places it was found in."""
        counts = Counter(fault.kind for fault in self.faults)
        lines = [f"{self.statistics.get('pages', 0)} pages of {self.statistics.get('documents', 0)} documents, {self.statistics.get('digest', 'no digest')}"]
        for name, split in self.statistics.get("splits", {}).items():
            lines.append(f"  {name}: {split['documents']} documents, {split['pages']} pages")
        for name, numbers in self.statistics.get("fields", {}).items():
            lines.append(f"  {name}: {numbers['labels']} labels, {numbers['distinct']} distinct, {numbers['shortest']} to {numbers['longest']} characters")
        for kind, (stops, meaning) in KINDS.items():
            if kind not in counts:
                continue
            word = "allowed" if kind in self.allowed else "FAULT" if stops else "note"
            lines.append(f"{word}: {kind}: {meaning} ({counts[kind]})")
            places = [fault.where for fault in self.faults if fault.kind == kind]
            lines += [f"    {place}" for place in places[:_SHOWN]]
            if len(places) > _SHOWN:
                lines.append(f"    and {len(places) - _SHOWN} more")
        lines.append("training must not start: mend the data set" if self.stops else "nothing stands against training")
        return "\n".join(lines)
