"""Gives code that was too busy to be looked at another look, again and again while the cell runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

EVERY_S = 0.05


class Rounds:
    """A thread that lives only while something waits for its next look; ``again`` returns whether it was given."""

    def __init__(self, again: Callable[[Any], bool]) -> None:
        self._again = again
        self._waiting: dict[int, Any] = {}
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def wait_for(self, what: Any) -> None:
        """Put something on the list; it is taken off once it was looked at again."""
        self._waiting[id(what)] = what
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="memadvise-lines", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.wait(EVERY_S):
            for key, what in list(self._waiting.items()):
                if self._closed.is_set():
                    return
                if self._again(what):
                    self._waiting.pop(key, None)

    def close(self) -> None:
        """End the thread; it does nothing after this returns."""
        self._closed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)
