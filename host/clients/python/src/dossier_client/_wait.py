"""How often a job is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable

from .problems import DeadlineExceeded

FIRST = 0.1
LONGEST = 5.0
LONGEST_TIMEOUT = 30 * 24 * 3600.0
"""The longest that any host keeps a job."""
LONGEST_CALL = 30.0


class Polls:
    """The waits between looks at a job, within a time."""

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise ValueError(f"timeout must be more than 0 and at most {LONGEST_TIMEOUT:g} seconds")
        self._clock = clock
        self._ends = clock() + timeout
        self._wait = FIRST

    def left(self) -> float:
        """Seconds for the next look."""
        left = self._ends - self._clock()
        if left <= 0:
            raise DeadlineExceeded("the job is not done with yet; it goes on")
        return min(left, LONGEST_CALL)

    def next_wait(self) -> float:
        """Seconds until it: longer each time, and no longer than there are."""
        wait = self._wait * (0.75 + 0.5 * random.random())
        self._wait = min(self._wait * 1.6, LONGEST)
        return min(wait, self.left())
