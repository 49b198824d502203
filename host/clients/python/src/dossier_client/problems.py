"""What a call raises. No message quotes a value of a document."""

from __future__ import annotations

from .codes import CODES
from .models import Candidate, ProblemBody


class DossierError(Exception):
    """Whatever this package raises of a host and the way to it."""


class Problem(DossierError):
    """The host refused. Go by `code`: sentences may change."""

    def __init__(self, body: ProblemBody, retry_after: float | None = None) -> None:
        self.code = body.code
        self.message = body.detail
        self.title = body.title
        self.status = body.status
        self.request_id = body.request_id
        self.plugin = body.plugin
        self.rules_code = body.rules_code
        self.candidates: tuple[Candidate, ...] = body.candidates
        self.retry_after = retry_after
        super().__init__(f"{self.title}: {self.message} ({self.code}, request {self.request_id})")

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be answered later. A code that this version does not know goes by its status."""
        return CODES.get(self.code, self.status in (429, 503))


class UnexpectedAnswer(DossierError):
    """Something between here and the host answered, such as a proxy: the status is its, and there is no code."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"an answer of status {status} that is none of a dossier host: is the address right?")

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be answered later."""
        return self.status in (429, 502, 503, 504)


class InvalidAnswer(DossierError):
    """The host's answer is not as documented: the message names the place."""


class Unreachable(DossierError):
    """The host was not reached, or the connection ended before the answer. `was_sent` tells whether it may have the
    request all the same."""

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        self.was_sent = was_sent
        super().__init__(f"{reason}; the host may have the request" if was_sent else reason)


class DeadlineExceeded(DossierError):
    """The time that the caller gave is over, and no answer was here."""
