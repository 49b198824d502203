"""What a host answers. Each class has the keys of the schema of `openapi.json` that it names; a test compares them.

Whatever is personal is left out of `repr`: a result may stand in a log line or a traceback without harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["accepted", "incomplete", "rejected"]
Outcome = Literal["passed", "failed", "not_performed"]
State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
WebhookState = Literal["waiting", "due", "delivered", "given_up"]
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`CandidateBody`: what a document of no named type may be."""

    document_type: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Page:
    """`PageBody`: where a page of the document is in what was sent; both count from 1."""

    page: int
    picture: int
    corners: tuple[Point, ...]
    rotation: float
    rectified: bool
    score: float | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class OtherReading:
    """`OtherReadingBody`: what was read of a field that was read twice, and was not taken; `differs_at` has line and column, from 1."""

    raw: str
    confidence: float
    read_from: str
    differs_at: tuple[tuple[int, int], ...]

    def __repr__(self) -> str:
        return f"OtherReading(raw={_hidden(self.raw)}, confidence={self.confidence}, differs_at={self.differs_at})"


@dataclass(frozen=True, kw_only=True, repr=False)
class Field:
    """`FieldBody`: what was read (`raw`), and what the rules made of it (`value`; none where they could not)."""

    name: str
    source: str
    raw: str | None = None
    value: str | None = None
    confidence: float | None = None
    page: int | None = None
    polygon: tuple[Point, ...] | None = None
    other_reading: OtherReading | None = None

    def __repr__(self) -> str:
        raw, value = _hidden(self.raw), _hidden(self.value)
        return f"Field(name={self.name!r}, raw={raw}, value={value}, confidence={self.confidence}, page={self.page})"


@dataclass(frozen=True, kw_only=True)
class Barcode:
    """`BarcodeBody`: a barcode that the rules search for; what it holds is in the fields that they take from it."""

    source: str
    page: int
    polygon: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Check:
    """`CheckBody`: what could not be looked at is `not_performed`, which is not passed."""

    code: str
    outcome: Outcome
    fields: tuple[str, ...]
    message: str


@dataclass(frozen=True, kw_only=True)
class ServedBy:
    """`ServedByBody`: what answered, by digest."""

    base: str
    rules: str
    generation: int
    adapter: str | None = None
    calibration: str | None = None
    zone_reader: str | None = None


@dataclass(frozen=True, kw_only=True)
class Timings:
    """`TimingsBody`: milliseconds of each stage."""

    pages: float
    identify: float
    barcodes: float
    before: float
    queue: float
    preprocess: float
    encode: float
    decode: float
    second_look: float
    after: float
    total: float


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """`ExtractBody`: a document that was read."""

    document_type: str
    candidates: tuple[Candidate, ...]
    pages: tuple[Page, ...]
    fields: tuple[Field, ...]
    barcodes: tuple[Barcode, ...]
    checks: tuple[Check, ...]
    verdict: Verdict
    served_by: ServedBy
    timings_ms: Timings
    request_id: str

    def __getitem__(self, name: str) -> Field:
        """The field of this name."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def values(self) -> dict[str, str | None]:
        """Each field's value, by name. Personal: it is for the document's purpose, not for a log."""
        return {field.name: field.value for field in self.fields}

    @property
    def unpassed(self) -> tuple[Check, ...]:
        """The checks that are not passed."""
        return tuple(check for check in self.checks if check.outcome != "passed")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`RulesBody`."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`MeasuredBody`: how well the adapter read held-out documents; shares."""

    documents: int
    fields_exact: float
    documents_exact: float | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentType:
    """`DocumentTypeBody`: a type that is served, and what by."""

    document_type: str
    title: str
    pages: int
    fields: tuple[str, ...]
    adapter: str
    rules: Rules
    calibration: str | None = None
    measured: Measured | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentTypes:
    """`DocumentTypesBody`: the types that the caller reaches."""

    generation: int
    base: str
    document_types: tuple[DocumentType, ...]


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """`ScalingBody`: the model's own confidence becomes `sigmoid(slope * logit(confidence) + intercept)`."""

    field: str
    slope: float
    intercept: float


@dataclass(frozen=True, kw_only=True)
class OneDocumentType(DocumentType):
    """`OneDocumentTypeBody`; `scalings` are empty where nothing calibrates."""

    generation: int
    base: str
    scalings: tuple[Scaling, ...]


@dataclass(frozen=True, kw_only=True)
class ProblemBody:
    """`ProblemBody`: a refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    plugin: str | None = None
    rules_code: str | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobCounts:
    """`JobCounts`: how many documents are in which state."""

    queued: int
    running: int
    succeeded: int
    failed: int
    cancelled: int


@dataclass(frozen=True, kw_only=True)
class JobDocument:
    """`JobDocument`; `document` counts from 1."""

    document: int
    document_type: str
    state: State
    attempts: int
    code: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobWebhook:
    """`JobWebhook`: whether whoever is to be told was told."""

    state: WebhookState
    attempts: int
    code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """`Job`: what has become of it. Lists leave `documents` out."""

    id: str
    state: State
    created_at: str
    expires_at: str
    counts: JobCounts
    finished_at: str | None = None
    webhook: JobWebhook | None = None
    documents: tuple[JobDocument, ...] | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """`Jobs`: the newest first; `next` is what to ask on before."""

    jobs: tuple[Job, ...]
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """`JobResult`: the answer of a document, or why there is none."""

    document: int
    state: State
    answer: Extraction | None = None
    problem: ProblemBody | None = None


@dataclass(frozen=True, kw_only=True)
class JobResults:
    """`JobResults`: of the documents that are done with, in order."""

    id: str
    state: State
    documents: tuple[JobResult, ...]


@dataclass(frozen=True, kw_only=True)
class Erased:
    """`Erased`: how many jobs were erased."""

    erased: int


@dataclass(frozen=True, kw_only=True)
class WebhookKey:
    """`WebhookKey`: what the host's signatures are checked with."""

    public_key: str


def _hidden(value: str | None) -> str:
    return "None" if value is None else "<redacted>"
