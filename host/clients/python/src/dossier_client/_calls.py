"""Every call as a value: what is sent, whether it may be sent twice, and what its answer is read as. Both clients send
these, so that they can't differ."""

from __future__ import annotations

import email.utils
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from . import models
from ._parse import parse
from .documents import Conditions, Document, Pages, Webhook, read_pages
from .problems import DossierError, InvalidAnswer, Problem, UnexpectedAnswer

T = TypeVar("T")
File = tuple[str, tuple[str, bytes, str]]


class NewKey(Enum):
    """The default of `idempotency_key`: a new one for every call, so that it may be sent again."""

    NEW = "a new one"


Key = str | None | NewKey
NEW = NewKey.NEW
TYPE = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+){1,5}")
DOCUMENT_TIMEOUT = 60.0
"""Seconds that a call with a document in it has, unless its caller says otherwise."""
OTHER_TIMEOUT = 30.0


@dataclass(frozen=True)
class Answer:
    """An answer of HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """A request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[Any], T]
    route: str
    """The path as a log may show it."""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    files: list[File] | None = None
    form: dict[str, str] | None = None
    is_repeatable: bool = True
    tells_deadline: bool = False
    timeout: float = OTHER_TIMEOUT
    erases: bool = False

    def answered(self, answer: Answer, *, was_lost: bool) -> T:
        """The answer, or what is raised in its place. `was_lost` says that an attempt before may have done it."""
        if not 200 <= answer.status < 300:
            refusal = _refusal(answer)
            if self.erases and was_lost and isinstance(refusal, Problem) and refusal.code == "job.unknown":
                return self.read(None)
            raise refusal
        if answer.status == 204:
            return self.read(None)
        return self.read(_json(answer.body))


def extract(
    pages: Pages,
    document_type: str | None,
    fields: Sequence[str] | None,
    conditions: Conditions | None,
    key: Key,
) -> Call[models.Extraction]:
    """Reads one document."""
    # Names of files may be names of people: they are not sent.
    files: list[File] = [
        ("page", (f"page-{at}", page, "application/octet-stream")) for at, page in enumerate(read_pages(pages), 1)
    ]
    form = {} if document_type is None else {"document_type": document_type}
    if fields is not None:
        form["fields"] = ",".join(_texts(fields, "fields"))
    return Call(
        method="POST",
        path="/v1/extract",
        route="/v1/extract",
        files=files,
        form=form,
        headers=_key_headers(key) | (conditions.headers() if conditions else {}) | _routing_headers(document_type),
        # Reading changes nothing, so it may be done twice; the key saves doing so.
        is_repeatable=True,
        tells_deadline=True,
        timeout=DOCUMENT_TIMEOUT,
        read=lambda body: parse(models.Extraction, body),
    )


def document_types() -> Call[models.DocumentTypes]:
    """What is served."""
    return _get("/v1/document-types", models.DocumentTypes)


def document_type(name: str) -> Call[models.OneDocumentType]:
    """One type."""
    path = f"/v1/document-types/{quote(name, safe='')}"
    return _get(path, models.OneDocumentType, route="/v1/document-types/{type}")


def probe(path: str) -> Call[bool]:
    """Whether the host works, or wants requests."""
    return Call(method="GET", path=path, route=path, read=lambda _: True)


def submit(
    documents: Sequence[Document],
    subject: str | None,
    ttl_seconds: int | None,
    webhook: Webhook | None,
    conditions: Conditions | None,
    key: Key,
) -> Call[models.Job]:
    """Sends a job."""
    body: dict[str, object] = {"documents": [document.body() for document in documents]}
    named = {"subject": subject, "ttl_seconds": ttl_seconds, "webhook": webhook and webhook.body()}
    body |= {name: value for name, value in named.items() if value is not None}
    return Call(
        method="POST",
        path="/v1/jobs",
        route="/v1/jobs",
        json=body,
        headers=_key_headers(key) | (conditions.headers() if conditions else {}),
        # Without a key, a job that is sent twice is two jobs.
        is_repeatable=key is not None,
        tells_deadline=True,
        timeout=DOCUMENT_TIMEOUT,
        read=lambda body: parse(models.Job, body),
    )


def jobs(limit: int, before: str | None) -> Call[models.Jobs]:
    """A page of the caller's jobs."""
    query = {"limit": str(limit)} | ({} if before is None else {"before": before})
    return _get("/v1/jobs", models.Jobs, query=query)


def job(job_id: str) -> Call[models.Job]:
    """What has become of a job."""
    return _get(_job_path(job_id), models.Job, route="/v1/jobs/{id}")


def result(job_id: str) -> Call[models.JobResults]:
    """What came of its documents."""
    return _get(f"{_job_path(job_id)}/result", models.JobResults, route="/v1/jobs/{id}/result")


def cancel(job_id: str) -> Call[models.Job]:
    """Cancels what is not done."""
    return Call(
        method="POST",
        path=f"{_job_path(job_id)}/cancel",
        route="/v1/jobs/{id}/cancel",
        read=lambda body: parse(models.Job, body),
    )


def tell_again(job_id: str) -> Call[models.Job]:
    """Has whoever is to be told of a job told again."""
    return Call(
        method="POST",
        path=f"{_job_path(job_id)}/webhook",
        route="/v1/jobs/{id}/webhook",
        is_repeatable=False,
        read=lambda body: parse(models.Job, body),
    )


def erase(job_id: str) -> Call[None]:
    """Erases a job."""
    return Call(
        method="DELETE",
        path=_job_path(job_id),
        route="/v1/jobs/{id}",
        erases=True,
        read=lambda _: None,
    )


def erase_many(asked: dict[str, object]) -> Call[models.Erased]:
    """Erases the jobs about somebody, or all."""
    return Call(
        method="POST",
        path="/v1/jobs/erase",
        route="/v1/jobs/erase",
        json=asked,
        read=lambda body: parse(models.Erased, body),
    )


def webhook_key() -> Call[models.WebhookKey]:
    """What the host's signatures are checked with."""
    return _get("/v1/jobs/webhook-key", models.WebhookKey)


def _get(path: str, model: type[T], *, route: str | None = None, query: dict[str, str] | None = None) -> Call[T]:
    return Call(method="GET", path=path, route=route or path, query=query or {}, read=lambda body: parse(model, body))


def _job_path(job_id: str) -> str:
    if not job_id:
        raise ValueError("the id of a job is empty")
    return f"/v1/jobs/{quote(job_id, safe='')}"


def _texts(values: Sequence[str], name: str) -> Sequence[str]:
    if isinstance(values, str):
        raise TypeError(f"{name} must be a list of texts, not one text")
    return values


def _key_headers(key: Key) -> dict[str, str]:
    if key is None:
        return {}
    return {"idempotency-key": uuid.uuid4().hex if isinstance(key, NewKey) else key}


def _routing_headers(document_type: str | None) -> dict[str, str]:
    """For routers, which read heads alone. What is no name of a type stands in the body only, for the host to refuse."""
    if document_type is None or len(document_type) > 128 or not TYPE.fullmatch(document_type):
        return {}
    return {"x-dossier-document-type": document_type}


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        pass
    # Not in the handler: what could not be read would hang on the error that tells of it.
    raise InvalidAnswer("the answer is no JSON")


def _refusal(answer: Answer) -> DossierError:
    after = _retry_after(answer.headers.get("retry-after"))
    if answer.headers.get("content-type", "").split(";")[0].strip().lower() == "application/problem+json":
        return Problem(parse(models.ProblemBody, _json(answer.body), "problem"), after)
    return UnexpectedAnswer(answer.status, after)


def _retry_after(text: str | None) -> float | None:
    """Seconds; a host writes their number, a proxy may write a date."""
    if text is None or len(text) > 64:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())
