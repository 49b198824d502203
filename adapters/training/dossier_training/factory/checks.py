"""Looks for what would spoil an adapter before any time goes into training it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rapidfuzz import process

from dossier_training.factory import donut, legibility
from dossier_training.factory.donut import SPLITS, Record
from dossier_training.factory.faults import Fault, Report
from dossier_training.factory.legibility import Reader
from dossier_training.vocabulary import Vocabulary

# The decoder has 128 positions: start, field, value, end.
_LONGEST = 124
_SAME_PAGE_LEVELS = 1.5
_COMMON, _STRAY = 0.5, 0.05
_FEWEST = {"train": 8, "validation": 2, "test": 2}
_FEW = {"train": 200, "validation": 20, "test": 20}
_ANY = Reader()


def check(
    folder: Path, document_type: str, fields: Sequence[str] = (), optional: Sequence[str] = (), allow: Sequence[str] = (), reader: Reader = _ANY
) -> tuple[list[Record], Report]:
    """The records by split, and the report. `fields` are those of the document type; without them, those that most pages have. `reader` is what will be trained."""
    records, faults = donut.read(folder)
    records = donut.split(records) if records else records
    report = Report(faults, allowed=tuple(allow))
    if records:
        _labels(records, reader.tokens, faults)
        _kinship(records, document_type, fields, optional, faults)
        _duplicates(records, faults)
        _leakage(records, faults)
        _variety(records, faults)
        faults.extend(legibility.faults_of(records, reader))
        report.statistics = statistics(records)
        _enough(report.statistics, faults)
    elif not any(fault.kind == "no_metadata" for fault in faults):
        faults.append(Fault("too_few", "no page can be read"))
    return records, report


def leakage_across(records: dict[str, list[Record]]) -> list[tuple[str, Fault]]:
    """For types that are learnt together: holders that stand in other splits of other types, each with the type of the page that is named."""
    together = [
        replace(record, document=f"{name} {record.document}", document_type=name, name=f"{name}: {record.name}")
        for name, of_type in records.items() for record in of_type
    ]  # fmt: skip
    return [(record.document_type, _leak(record, before)) for record, before in _leaks(together) if record.document_type and record.document_type != before.document_type]


def statistics(records: list[Record]) -> dict[str, Any]:
    """How many pages, documents and labels, and how long and varied these are. No values."""
    values = defaultdict(list)
    for record in records:
        for name, text in record.fields.items():
            values[name].append(text)
    fields = {}
    for name, texts in sorted(values.items()):
        lengths = [len(text) for text in texts]
        fields[name] = {"labels": len(texts), "distinct": len(set(texts)), "shortest": min(lengths), "longest": max(lengths)}
    splits = {}
    for name in SPLITS:
        of_split = [record for record in records if record.split == name]
        splits[name] = {"pages": len(of_split), "documents": len({record.document for record in of_split})}
    documents = len({record.document for record in records})
    return {"digest": donut.data_set_digest(records), "documents": documents, "pages": len(records), "splits": splits, "fields": fields}


def _labels(records: list[Record], tokens: Vocabulary, faults: list[Fault]) -> None:
    for record in records:
        for name, text in record.fields.items():
            strange = sorted({character for character in name + text if character not in tokens.ids})
            if strange:
                codes = " ".join(f"U+{ord(character):04X}" for character in strange)
                faults.append(Fault("unreadable_character", f"{record.name}: {name}: {codes}"))
            elif len(tokens.prompt_ids(name)) + len(text) > _LONGEST:
                faults.append(Fault("too_long", f"{record.name}: {name}: {len(text)} characters"))


def _kinship(records: list[Record], document_type: str, fields: Sequence[str], optional: Sequence[str], faults: list[Fault]) -> None:
    """Fields that are unknown or missing, and pages that are of another type."""
    sides = defaultdict(list)
    for record in records:
        sides[record.page].append(record)
    for page, of_side in sorted(sides.items()):
        counts = Counter(name for record in of_side for name in record.fields)
        if not counts:
            # A back that bears a barcode, or nothing that is read.
            continue
        common = {name for name, count in counts.items() if count >= _COMMON * len(of_side)} - set(optional)
        known = set(fields) or {name for name, count in counts.items() if count >= max(2, _STRAY * len(of_side))}
        known |= set(optional)
        shapes = Counter(_mrz_shape(record) for record in of_side if "mrz" in record.fields)
        shape = shapes.most_common(1)[0][0] if shapes else None
        for record in of_side:
            if record.document_type not in (None, document_type):
                faults.append(Fault("other_document_type", f"{record.name}: says `{record.document_type}`"))
                continue
            names = set(record.fields)
            shared = len(names & (common | known)) / max(1, len(names | common))
            if shared < 0.5:
                faults.append(Fault("other_document_type", f"{record.name}: shares {shared:.0%} of the fields of page {page}"))
                continue
            if "mrz" in names and _mrz_shape(record) != shape:
                faults.append(Fault("other_document_type", f"{record.name}: its zone is {_mrz_shape(record)}, the others' {shape}"))
            for name in sorted(names - known):
                near = process.extractOne(name, sorted(known), score_cutoff=75)
                faults.append(Fault("unknown_field", f"{record.name}: `{name}`" + (f" (did you mean `{near[0]}`?)" if near else "")))
            for name in sorted(common & known - names):
                faults.append(Fault("missing_field", f"{record.name}: `{name}`"))


def _mrz_shape(record: Record) -> str:
    lines = record.fields["mrz"].split("\n")
    return f"{len(lines)} x {max(map(len, lines))}"


def _duplicates(records: list[Record], faults: list[Fault]) -> None:
    by_pixels, by_truth = defaultdict(list), defaultdict(list)
    for record in records:
        by_pixels[record.pixel_digest].append(record)
        if record.fields:
            by_truth[record.truth_digest].append(record)
    for same in by_pixels.values():
        for other in same[1:]:
            kind = "duplicate" if other.truth_digest == same[0].truth_digest else "contradiction"
            faults.append(Fault(kind, f"{other.name} = {same[0].name}"))
    for same in by_truth.values():
        for index, other in enumerate(same[1:], 1):
            earlier = same[:index]
            if any(other.pixel_digest == record.pixel_digest for record in earlier):
                continue
            twin = next((record for record in earlier if donut.thumbnails_differ(record, other) < _SAME_PAGE_LEVELS), None)
            if twin:
                faults.append(Fault("duplicate", f"{other.name} = {twin.name}, encoded again"))
            elif other.split == same[0].split and other.document != same[0].document:
                faults.append(Fault("recaptured", f"{other.name}, {same[0].name}"))


def _leakage(records: list[Record], faults: list[Fault]) -> None:
    faults.extend(_leak(record, before) for record, before in _leaks(records))


def _leaks(records: list[Record]) -> Iterator[tuple[Record, Record]]:
    """A holder may stand in one split only, or what was learnt by heart counts as read."""
    owner = donut.holders(records)
    first: dict[str, Record] = {}
    for record in records:
        before = first.setdefault(owner[record.document], record)
        if before.split != record.split:
            yield record, before


def _leak(record: Record, before: Record) -> Fault:
    return Fault("leakage", f"{record.name} ({record.split}) and {before.name} ({before.split})")


def _variety(records: list[Record], faults: list[Fault]) -> None:
    values = defaultdict(set)
    for record in records:
        for name, text in record.fields.items():
            values[name].add(text)
    constant = sorted(name for name, texts in values.items() if len(texts) == 1)
    if values and len(constant) > len(values) / 2:
        faults.append(Fault("one_class", ", ".join(f"`{name}`" for name in constant)))
    else:
        faults.extend(Fault("constant_field", f"`{name}`") for name in constant)


def _enough(numbers: dict[str, Any], faults: list[Fault]) -> None:
    for name in SPLITS:
        documents = numbers["splits"][name]["documents"]
        if documents < _FEWEST[name]:
            faults.append(Fault("too_few", f"{name}: {documents}, at least {_FEWEST[name]} are needed"))
        elif documents < _FEW[name]:
            faults.append(Fault("few_documents", f"{name}: {documents}"))
