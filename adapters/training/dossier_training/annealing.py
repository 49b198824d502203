"""A learning rate that has fallen by the end of a run, whether that is a number of steps or a length of time."""

import time


class Annealing:
    """Warms up, stays, and falls to a thirtieth over the last part of the run; what time was spent is kept in checkpoints."""

    def __init__(self, peak: float, steps: int, minutes: float | None = None, warm_up: int = 50, fall: float = 0.4) -> None:
        self.peak, self.steps, self.minutes, self.warm_up, self.fall = peak, steps, minutes, warm_up, fall
        self._before, self._started = 0.0, time.monotonic()

    def progress(self, step: int) -> float:
        """0 at the beginning, 1 at the end: by steps or by time, whichever is further."""
        spent = self._before + time.monotonic() - self._started
        return min(1.0, max(step / self.steps, spent / (self.minutes * 60) if self.minutes else 0.0))

    def lr(self, step: int) -> float:
        """The learning rate of a step."""
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        return self.peak * min(1.0, max(0.033, (1 - self.progress(step)) / self.fall))

    def is_stable(self, step: int) -> bool:
        """Whether the learning rate has not begun to fall."""
        return self.progress(step) < 1 - self.fall

    def state_dict(self) -> dict[str, float]:
        return {"spent_seconds": self._before + time.monotonic() - self._started}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self._before, self._started = state["spent_seconds"], time.monotonic()
