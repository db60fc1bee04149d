"""Gives code that was too busy to be looked at another look, again and again while the cell runs."""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from typing import Any

EVERY_S = 0.05


class Rounds:
    """A thread that lives only while something waits for its next look; ``again`` returns whether it was given."""

    def __init__(self, again: Callable[[Any], bool]) -> None:
        self._again = again
        self._waiting: dict[int, Any] = {}
        self._open, self._running = allocate_lock(), allocate_lock()
        self._open.acquire()
        self._has_thread = False

    def wait_for(self, what: Any) -> None:
        """Put something on the list; it is taken off once it was looked at again."""
        self._waiting[id(what)] = what
        if not self._has_thread:
            self._has_thread = True
            # not a `threading.Thread`: the person may count those, and have hooks that every one of them runs
            start_new_thread(self._run, ())

    def _run(self) -> None:
        with self._running:
            while not self._open.acquire(timeout=EVERY_S):
                try:
                    given = [key for key, what in list(self._waiting.items()) if self._again(what)]
                except Exception:  # noqa: BLE001 (a tool's number that the person freed; no look is better than a noise)
                    return
                for key in given:
                    self._waiting.pop(key, None)

    def close(self) -> None:
        """End the thread; it does nothing after this returns."""
        if self._open.locked():
            self._open.release()
            if self._running.acquire(timeout=1.0):
                self._running.release()
