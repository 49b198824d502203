"""When a call is tried again. Nothing here sends or sleeps: both clients ask it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .problems import DeadlineExceeded, DossierError, Problem, UnexpectedAnswer, Unreachable

MOST_ATTEMPTS = 20
LONGEST_TIMEOUT = 3600.0


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often, and how long after each other. `max_attempts=1` tries nothing again."""

    max_attempts: int = 4
    first_wait: float = 0.25
    """Seconds, doubled with every attempt; a wait is between half of it and all of it, by chance."""
    longest_wait: float = 8.0
    longest_retry_after: float = 60.0
    """A host that says to come back later than this is not waited for: its problem is raised at once."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= MOST_ATTEMPTS:
            raise ValueError(f"max_attempts must be 1 to {MOST_ATTEMPTS}")
        for name in ("first_wait", "longest_wait", "longest_retry_after"):
            if not 0 <= getattr(self, name) <= LONGEST_TIMEOUT:
                raise ValueError(f"{name} must be 0 to {LONGEST_TIMEOUT:g} seconds")


class Attempts:
    """The attempts of one call, within its time."""

    def __init__(
        self,
        policy: RetryPolicy,
        timeout: float,
        *,
        is_repeatable: bool,
        clock: Callable[[], float],
        chance: Callable[[], float] = random.random,
    ) -> None:
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise ValueError(f"timeout must be more than 0 and at most {LONGEST_TIMEOUT:g} seconds")
        self._policy = policy
        self._is_repeatable = is_repeatable
        self._clock = clock
        self._chance = chance
        self._ends = clock() + timeout
        self.made = 0
        self.was_lost = False
        """Whether the host may have done what an attempt asked for, and its answer was lost."""

    def begin(self) -> float:
        """Counts an attempt, and gives the seconds that are left for it."""
        left = self._ends - self._clock()
        if left <= 0:
            raise DeadlineExceeded(f"no answer in time, after {self.made} attempts")
        self.made += 1
        return left

    def wait_after(self, error: DossierError) -> float:
        """How many seconds to wait before the next attempt. Raises the error where there is to be none."""
        self.was_lost |= isinstance(error, Unreachable) and error.was_sent
        wait = self._wait(error)
        if wait is None or self._clock() + wait >= self._ends:
            raise error
        return wait

    def _wait(self, error: DossierError) -> float | None:
        if self.made >= self._policy.max_attempts or not self._may_pass(error):
            return None
        wait = min(self._policy.first_wait * 2.0 ** (self.made - 1), self._policy.longest_wait)
        wait *= 0.5 + 0.5 * self._chance()
        after = error.retry_after if isinstance(error, (Problem, UnexpectedAnswer)) else None
        if after is None:
            return wait
        # Those who were told the same time must not come back together.
        return None if after > self._policy.longest_retry_after else after + wait

    def _may_pass(self, error: DossierError) -> bool:
        if isinstance(error, Problem):
            # A refusal says that nothing was done, but for these.
            return error.may_pass and (self._is_repeatable or error.status in (408, 429, 503))
        if isinstance(error, UnexpectedAnswer):
            return error.may_pass and (self._is_repeatable or error.status == 429)
        return isinstance(error, Unreachable) and (self._is_repeatable or not error.was_sent)
