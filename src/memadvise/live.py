"""The live line: what the running cell takes now, told to the front end twice a second, which draws it below the cell.

It is no output of the cell: nothing of it is in the notebook, and it is gone when the cell has ended. Told from a
thread: while a Python loop runs, and C code that frees the GIL. While the GIL is held the thread waits for it like any
other, and the line stands still.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from memadvise.measure.spans import spans
from memadvise.show.units import seconds, size

NAME = "memadvise-live"
BEGIN_S = 1.0  # a cell that ends before that wakes nobody
EVERY_S = 0.5
PATIENCE_S = 0.5


class Listener(Protocol):
    """Who draws the line, see ``memadvise.apply.FrontEnd``."""

    @property
    def present(self) -> bool:
        """Whether anybody listens."""

    def tell(self, data: dict[str, Any]) -> None:
        """Say something that needs no answer, from any thread."""


class LiveLine:
    """Runs a thread while a measured cell runs, if somebody listens. Whatever goes wrong with it, the cell goes on."""

    def __init__(self, listener: Listener, *, begin_s: float = BEGIN_S, every_s: float = EVERY_S) -> None:
        self._listener, self._begin_s, self._every_s = listener, begin_s, every_s
        self._teller: _Teller | None = None

    def start(self, cell_id: str | None, limit_bytes: Callable[[], int]) -> None:
        """Begin a line for this cell; ``limit_bytes`` is asked, in the thread, once the line is to appear."""
        self.stop()
        if cell_id is None or not self._listener.present:
            return
        teller = _Teller(self._listener, cell_id, limit_bytes, self._begin_s, self._every_s)
        with suppress(RuntimeError):  # no thread to spare
            teller.start()
            self._teller = teller

    def stop(self) -> None:
        """Take the line away and end the thread; nothing happens where there is none, and in a forked child."""
        teller, self._teller = self._teller, None
        if teller is not None:
            teller.end()


class _Teller(threading.Thread):
    """The thread of one cell."""

    def __init__(
        self, listener: Listener, cell_id: str, limit_bytes: Callable[[], int], begin_s: float, every_s: float
    ) -> None:
        super().__init__(name=NAME, daemon=True)
        self._listener, self._cell_id, self._limit_bytes = listener, cell_id, limit_bytes
        self._begin_s, self._every_s = begin_s, every_s
        self._since_s, self._pid = time.monotonic(), os.getpid()
        self._ended, self._telling = threading.Event(), threading.Lock()
        self._told: dict[str, Any] | None = None

    def run(self) -> None:
        """Tell until the end."""
        try:
            if self._ended.wait(self._begin_s):
                return
            limit = self._limit_bytes()
            while True:
                resident = spans().counter.read().resident_bytes
                self._tell(line(resident, limit, time.monotonic() - self._since_s))
                if self._ended.wait(self._every_s):
                    return
        except Exception:  # noqa: BLE001 (a line less: no traceback of ours among the person's outputs)
            return

    def _tell(self, said: dict[str, Any]) -> None:
        """Say it unless it was said just now, or the cell has ended meanwhile."""
        with self._telling:
            if said != self._told and not self._ended.is_set():
                self._told = said
                self._listener.tell({"op": "live", "cell_id": self._cell_id, **said})

    def end(self) -> None:
        """Say that the cell has ended, if there is a line; nothing is said after that."""
        if os.getpid() != self._pid:
            return
        self._ended.set()
        self.join(PATIENCE_S)
        if self._told is not None:
            with suppress(Exception):  # the channel is closed: nobody to tell
                self._listener.tell({"op": "live", "cell_id": self._cell_id, "text": "", "share": None})


def line(resident_bytes: int, limit_bytes: int, elapsed_s: float) -> dict[str, Any]:
    """Return what is said: a text, and the share of the limit from 0 to 1 (None where there is no limit).

    >>> line(1932735283, 4 * 2**30, 12.7)
    {'text': '1.8 GiB of 4.0 GiB, 12 s', 'share': 0.45}
    >>> line(300 * 2**20, 0, 75.2)
    {'text': '300 MiB, 1 min 15 s', 'share': None}
    """
    whole = int(elapsed_s)
    passed = f"{whole} s" if whole < 60 else seconds(whole)
    if limit_bytes <= 0:
        return {"text": f"{size(resident_bytes)}, {passed}", "share": None}
    share = round(min(1.0, resident_bytes / limit_bytes), 3)
    return {"text": f"{size(resident_bytes)} of {size(limit_bytes)}, {passed}", "share": share}
