"""How much time looking at lines may take: a little at once, and a small share of the cell's time."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

FIRST_S = 0.001
SHARE = 0.007
CALL_S = 0.4e-6  # the call of a callback itself, which it can't time
MOST_S = 20e-6  # one look takes 4 to 8 microseconds; what seems longer is another process that had the core meanwhile


class Budget:
    """Counts seconds spent. ``clock`` is a monotonic clock in seconds."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.clock = clock
        self.spent_s = 0.0
        self.start_s = clock()

    def spend(self, seconds: float, now_s: float) -> bool:
        """Add what was spent; return whether there is some left at ``now_s``."""
        self.spent_s += min(seconds, MOST_S) + CALL_S
        return self.spent_s < FIRST_S + SHARE * (now_s - self.start_s)

    def has_room(self) -> bool:
        """Tell whether a new round may begin: half of what is allowed by now is left."""
        return self.spent_s < 0.5 * (FIRST_S + SHARE * (self.clock() - self.start_s))
