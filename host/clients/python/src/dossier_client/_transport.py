"""What both clients share of httpx: settings, a request made of a call, errors, and what is logged."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from ._calls import Answer, Call
from ._retry import RetryPolicy
from .problems import DeadlineExceeded, DossierError, InvalidAnswer, Problem, Unreachable

LOGGER = logging.getLogger("dossier_client")
MAX_ANSWER_BYTES = 64 << 20
"""Longest answer that is read: a job of 256 documents has a tenth of it."""
CONNECT_TIMEOUT = 10.0
GRACE = 1.0
"""Seconds that an answer may come late: the host's own word that the time is over is worth it."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """What a client is made with."""

    base_url: str
    token: str | Callable[[], str] | None
    retry: RetryPolicy
    verify: ssl.SSLContext | bool
    timeout: float | None

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the address of a host is written like https://host.example")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError("the address of a host has no user, query or fragment; the token goes into `token`")

    def time_of(self, call: Call[Any], timeout: float | None) -> float:
        """Seconds of a call: what its caller says, or the client's own, or what such calls have."""
        return next(time for time in (timeout, self.timeout, call.timeout) if time is not None)

    def request(self, client: httpx.Client | httpx.AsyncClient, call: Call[Any], left: float) -> httpx.Request:
        """The request of an attempt that has so many seconds."""
        headers = dict(call.headers)
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token if isinstance(self.token, str) else self.token()}"
        if call.tells_deadline:
            headers["x-request-timeout-ms"] = str(max(1, int(left * 1000)))
        content = None
        if call.json is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(call.json).encode()
        return client.build_request(
            call.method,
            self.base_url.rstrip("/") + call.path,
            params=call.query or None,
            headers=headers,
            content=content,
            data=call.form,
            files=call.files,
            timeout=httpx.Timeout(left + GRACE, connect=min(left, CONNECT_TIMEOUT)),
        )


def answer_of(response: httpx.Response, body: bytes) -> Answer:
    """An answer that was read to its end."""
    return Answer(response.status_code, response.headers, body)


def too_long() -> InvalidAnswer:
    """An answer beyond any that a host gives."""
    return InvalidAnswer(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")


def error_of(error: httpx.HTTPError) -> DossierError:
    """What the way to the host failed with. httpx's own error holds the request, so it is left behind."""
    if isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout)):
        return DeadlineExceeded("no answer in time")
    was_sent = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    what = "the connection ended before the answer" if was_sent else "the host can't be reached"
    return Unreachable(f"{what} ({type(error).__name__})", was_sent=was_sent)


def log(call: Call[Any], attempt: int, outcome: Answer | DossierError, wait: float | None = None) -> None:
    """A line of what was tried: routes, statuses and codes, never a value."""
    if isinstance(outcome, Answer):
        told = f"{outcome.status}"
    else:
        told = outcome.code if isinstance(outcome, Problem) else type(outcome).__name__
    after = "" if wait is None else f"; again in {wait:.2f} s"
    LOGGER.debug("%s %s, attempt %d: %s%s", call.method, call.route, attempt, told, after)
