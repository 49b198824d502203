"""The same client for programs that await. On asyncio and trio."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TypeVar

import anyio
import anyio.to_thread
import httpx

from . import _calls, models
from ._calls import NEW, Answer, Call, Key
from ._retry import Attempts, RetryPolicy
from ._transport import GRACE, MAX_ANSWER_BYTES, Settings, answer_of, error_of, log, too_long
from ._wait import Polls
from .documents import Conditions, Document, Pages, Webhook
from .problems import DossierError

T = TypeVar("T")


class AsyncClient:
    """A host, by its address. Close it, or use it as a context.

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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = Settings(
            base_url=base_url, token=token, retry=retry or RetryPolicy(), verify=verify, timeout=timeout
        )
        self._http = httpx.AsyncClient(verify=verify, transport=transport)
        self.jobs = AsyncJobs(self)

    def __repr__(self) -> str:
        return f"AsyncClient({self._settings.base_url!r})"

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def extract(
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
        # Files are read on another thread.
        read = partial(_calls.extract, pages, document_type, fields, conditions, idempotency_key)
        call = await anyio.to_thread.run_sync(read)
        return await self._run(call, timeout)

    async def document_types(self, *, timeout: float | None = None) -> models.DocumentTypes:
        """The document types that the caller reaches."""
        return await self._run(_calls.document_types(), timeout)

    async def document_type(self, name: str, *, timeout: float | None = None) -> models.OneDocumentType:
        """One document type, such as `utopia/passport/2024`."""
        return await self._run(_calls.document_type(name), timeout)

    async def live(self, *, timeout: float | None = None) -> bool:
        """True where the host works; raises where it does not."""
        return await self._run(_calls.probe("/livez"), timeout)

    async def ready(self, *, timeout: float | None = None) -> bool:
        """True where the host wants requests; raises `not_ready` where it does not."""
        return await self._run(_calls.probe("/readyz"), timeout)

    async def _run(self, call: Call[T], timeout: float | None) -> T:
        attempts = Attempts(
            self._settings.retry,
            self._settings.time_of(call, timeout),
            is_repeatable=call.is_repeatable,
            clock=time.monotonic,
        )
        while True:
            outcome = await self._send(call, attempts.begin())
            if isinstance(outcome, Answer):
                log(call, attempts.made, outcome)
                try:
                    return call.answered(outcome, was_lost=attempts.was_lost)
                except DossierError as refused:
                    outcome = refused
            wait = attempts.wait_after(outcome)
            log(call, attempts.made, outcome, wait)
            await anyio.sleep(wait)

    async def _send(self, call: Call[T], left: float) -> Answer | DossierError:
        try:
            with anyio.fail_after(left + GRACE):
                response = await self._http.send(self._settings.request(self._http, call, left), stream=True)
                try:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > MAX_ANSWER_BYTES:
                            return too_long()
                    return answer_of(response, bytes(body))
                finally:
                    await response.aclose()
        except httpx.HTTPError as error:
            return error_of(error)
        except TimeoutError:
            return error_of(httpx.ReadTimeout(""))


class AsyncJobs:
    """Documents that are read later."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def submit(
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
        read = partial(_calls.submit, documents, subject, ttl_seconds, webhook, conditions, idempotency_key)
        call = await anyio.to_thread.run_sync(read)
        return await self._client._run(call, timeout)

    async def get(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """What has become of a job."""
        return await self._client._run(_calls.job(job_id), timeout)

    async def wait(self, job_id: str, *, timeout: float = 300.0) -> models.Job:
        """Asks until nothing more comes of the job. `DeadlineExceeded` says that it takes longer; it goes on."""
        polls = Polls(timeout, time.monotonic)
        while True:
            job = await self.get(job_id, timeout=polls.left())
            if job.is_done:
                return job
            await anyio.sleep(polls.next_wait())

    async def result(self, job_id: str, *, timeout: float | None = None) -> models.JobResults:
        """What came of the documents that are done with."""
        return await self._client._run(_calls.result(job_id), timeout)

    async def list(self, *, limit: int = 50, before: str | None = None, timeout: float | None = None) -> models.Jobs:
        """A page of the caller's jobs, the newest first."""
        return await self._client._run(_calls.jobs(limit, before), timeout)

    async def all(self, *, timeout: float | None = None) -> AsyncIterator[models.Job]:
        """Every job of the caller, the newest first, page after page."""
        before: str | None = None
        while True:
            page = await self.list(limit=100, before=before, timeout=timeout)
            for job in page.jobs:
                yield job
            before = page.next
            if before is None:
                return

    async def cancel(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Cancels what is not done; what was read stays."""
        return await self._client._run(_calls.cancel(job_id), timeout)

    async def erase(self, job_id: str, *, timeout: float | None = None) -> None:
        """Erases a job: nothing of it is kept any more."""
        await self._client._run(_calls.erase(job_id), timeout)

    async def erase_subject(self, subject: str, *, timeout: float | None = None) -> int:
        """Erases every job about somebody, and tells how many."""
        return (await self._client._run(_calls.erase_many({"subject": subject}), timeout)).erased

    async def erase_all(self, *, timeout: float | None = None) -> int:
        """Erases everything that is the caller's, and tells how many jobs that were."""
        return (await self._client._run(_calls.erase_many({"all": True}), timeout)).erased

    async def tell_again(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Has whoever is to be told of a job that is done with told again."""
        return await self._client._run(_calls.tell_again(job_id), timeout)

    async def webhook_key(self, *, timeout: float | None = None) -> str:
        """What the host's own signatures of webhooks are checked with."""
        return (await self._client._run(_calls.webhook_key(), timeout)).public_key
