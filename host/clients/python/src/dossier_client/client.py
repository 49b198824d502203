"""The client that waits for each answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TypeVar

import httpx

from . import _calls, models
from ._calls import NEW, Answer, Call, Key
from ._retry import Attempts, RetryPolicy
from ._transport import GRACE, MAX_ANSWER_BYTES, Settings, answer_of, error_of, log, too_long
from ._wait import Polls
from .documents import Conditions, Document, Pages, Webhook
from .problems import DossierError

T = TypeVar("T")


class Client:
    """A host, by its address. May be shared by threads; close it, or use it as a context.

    `timeout` bounds every call in seconds, attempts and waits included; a call may have its own.
    `token` may be a function, for tokens that are renewed; it is asked at each attempt.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | Callable[[], str] | None = None,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = Settings(
            base_url=base_url, token=token, retry=retry or RetryPolicy(), verify=verify, timeout=timeout
        )
        self._http = httpx.Client(verify=verify, transport=transport)
        self.jobs = Jobs(self)

    def __repr__(self) -> str:
        return f"Client({self._settings.base_url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def extract(
        self,
        pages: Pages,
        *,
        document_type: str | None = None,
        fields: Sequence[str] | None = None,
        conditions: Conditions | None = None,
        idempotency_key: Key = NEW,
        timeout: float | None = None,
    ) -> models.Extraction:
        """Reads one document: a path, bytes or a binary file, or several of them, in the order of its pages.

        Without a document type the host finds it out, and without fields it reads all that the rules read.
        A request has a new idempotency key, so that one whose answer was lost is sent again and gets that answer.
        """
        call = _calls.extract(pages, document_type, fields, conditions, idempotency_key)
        return self._run(call, timeout)

    def document_types(self, *, timeout: float | None = None) -> models.DocumentTypes:
        """The document types that the caller reaches."""
        return self._run(_calls.document_types(), timeout)

    def document_type(self, name: str, *, timeout: float | None = None) -> models.OneDocumentType:
        """One document type, such as `utopia/passport/2024`."""
        return self._run(_calls.document_type(name), timeout)

    def live(self, *, timeout: float | None = None) -> bool:
        """True where the host works; raises where it does not."""
        return self._run(_calls.probe("/livez"), timeout)

    def ready(self, *, timeout: float | None = None) -> bool:
        """True where the host wants requests; raises `not_ready` where it does not."""
        return self._run(_calls.probe("/readyz"), timeout)

    def _run(self, call: Call[T], timeout: float | None) -> T:
        attempts = Attempts(
            self._settings.retry,
            self._settings.time_of(call, timeout),
            is_repeatable=call.is_repeatable,
            clock=time.monotonic,
        )
        while True:
            outcome = self._send(call, attempts.begin())
            if isinstance(outcome, Answer):
                log(call, attempts.made, outcome)
                try:
                    return call.answered(outcome, was_lost=attempts.was_lost)
                except DossierError as refused:
                    outcome = refused
            wait = attempts.wait_after(outcome)
            log(call, attempts.made, outcome, wait)
            time.sleep(wait)

    def _send(self, call: Call[T], left: float) -> Answer | DossierError:
        ends = time.monotonic() + left + GRACE
        try:
            response = self._http.send(self._settings.request(self._http, call, left), stream=True)
            try:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        return too_long()
                    if time.monotonic() > ends:
                        return error_of(httpx.ReadTimeout(""))
                return answer_of(response, bytes(body))
            finally:
                response.close()
        except httpx.HTTPError as error:
            return error_of(error)


class Jobs:
    """Documents that are read later."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(
        self,
        documents: Sequence[Document],
        *,
        subject: str | None = None,
        ttl_seconds: int | None = None,
        webhook: Webhook | None = None,
        conditions: Conditions | None = None,
        idempotency_key: Key = NEW,
        timeout: float | None = None,
    ) -> models.Job:
        """Sends a job; once this returns, it is on the host's disk."""
        call = _calls.submit(documents, subject, ttl_seconds, webhook, conditions, idempotency_key)
        return self._client._run(call, timeout)

    def get(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """What has become of a job."""
        return self._client._run(_calls.job(job_id), timeout)

    def wait(self, job_id: str, *, timeout: float = 300.0) -> models.Job:
        """Asks until nothing more comes of the job. `DeadlineExceeded` says that it takes longer; it goes on."""
        polls = Polls(timeout, time.monotonic)
        while True:
            job = self.get(job_id, timeout=polls.left())
            if job.is_done:
                return job
            time.sleep(polls.next_wait())

    def result(self, job_id: str, *, timeout: float | None = None) -> models.JobResults:
        """What came of the documents that are done with."""
        return self._client._run(_calls.result(job_id), timeout)

    def list(self, *, limit: int = 50, before: str | None = None, timeout: float | None = None) -> models.Jobs:
        """A page of the caller's jobs, the newest first."""
        return self._client._run(_calls.jobs(limit, before), timeout)

    def all(self, *, timeout: float | None = None) -> Iterator[models.Job]:
        """Every job of the caller, the newest first, page after page."""
        before: str | None = None
        while True:
            page = self.list(limit=100, before=before, timeout=timeout)
            yield from page.jobs
            before = page.next
            if before is None:
                return

    def cancel(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Cancels what is not done; what was read stays."""
        return self._client._run(_calls.cancel(job_id), timeout)

    def erase(self, job_id: str, *, timeout: float | None = None) -> None:
        """Erases a job: nothing of it is kept any more."""
        self._client._run(_calls.erase(job_id), timeout)

    def erase_subject(self, subject: str, *, timeout: float | None = None) -> int:
        """Erases every job about somebody, and tells how many."""
        return self._client._run(_calls.erase_many({"subject": subject}), timeout).erased

    def erase_all(self, *, timeout: float | None = None) -> int:
        """Erases everything that is the caller's, and tells how many jobs that were."""
        return self._client._run(_calls.erase_many({"all": True}), timeout).erased

    def tell_again(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Has whoever is to be told of a job that is done with told again."""
        return self._client._run(_calls.tell_again(job_id), timeout)

    def webhook_key(self, *, timeout: float | None = None) -> str:
        """What the host's own signatures of webhooks are checked with."""
        return self._client._run(_calls.webhook_key(), timeout).public_key
