"""What the cell imported for the first time, and what that cost: ``begin() -> watch``, ``end(watch) -> ImportUse``.

While the cell runs, a finder stands first in ``sys.meta_path``. It finds nothing: it is only told first of each module
that is not loaded yet. At that moment the import machinery holds a lock made for this one import, which it throws away
when the import has ended, however it ended: a weak reference to that lock tells the end. So no loader, spec, module or
traceback is touched, a search without an import (``importlib.util.find_spec``) has no such lock and is passed over, and
a cell that imports nothing pays nothing.
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from memadvise.measure.spans import spans
from memadvise.model import ImportUse


class Watch:
    """The finder of one measured cell. Once it is ended it does nothing, wherever it may still stand."""

    def __init__(self) -> None:
        self.ended: list[_Import] = []
        self.finders = sys.meta_path
        self._running: _Import | None = None
        self.is_off = False

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Note that this import begins, if it is an outermost one; leave the search to the others.

        What is imported meanwhile counts with it, in other threads as well: the sum must not exceed what was taken.
        """
        if self.is_off or self._running is not None or name in sys.modules:
            return
        try:
            lock = _lock_of(name)
            self._running = _Import(self, name, lock) if lock is not None else None
        except Exception:  # noqa: BLE001 (no descriptor left to read the size: the import itself must go on)
            self.off()

    def ends(self, running: _Import) -> None:
        """Take the import that has just ended; one that failed imported nothing."""
        if not self.is_off and running.name in sys.modules:
            running.stop()
            self.ended.append(running)
        if self._running is running:
            self._running = None

    def off(self) -> None:
        """Do nothing from now on."""
        self.is_off, self._running = True, None


class _Import:
    """One import that is on its way; its bytes and seconds once it is not."""

    def __init__(self, watch: Watch, name: str, lock: Any) -> None:
        self.name = name
        self._reference = weakref.ref(lock, self._end)
        self._watch = watch
        self.retained_bytes = -_resident_bytes()
        self.wall_s = -time.perf_counter()

    def _end(self, reference: object) -> None:
        """Run by the interpreter as the lock goes, after importlib's own such function."""
        try:
            self._watch.ends(self)
        except KeyboardInterrupt:  # it would be printed and lost here: the cell gets it a moment later
            threading.Timer(0.001, _thread.interrupt_main).start()
        except Exception:  # noqa: BLE001 (it would be printed as an error that nobody can catch)
            self._watch.off()

    def stop(self) -> None:
        """Put the end's readings to those of the beginning; not the mark's ``split``, which the lines count on."""
        self.wall_s += time.perf_counter()
        self.retained_bytes += _resident_bytes()


def begin() -> Watch:
    """Begin to watch; before the mark is reset."""
    watch = Watch()
    finders: list[Any] = sys.meta_path
    finders.insert(0, watch)  # a finder needs no more than find_spec
    _LEFT.append(watch)
    return watch


def end(watch: Watch) -> tuple[ImportUse, ...]:
    """End the watch, after the mark is read; return packages by the bytes that their imports left, largest first."""
    watch.off()
    _take_out()
    totals: dict[str, tuple[int, float]] = {}
    for one in watch.ended:
        package = one.name.partition(".")[0]
        nbytes, seconds = totals.get(package, (0, 0.0))
        totals[package] = nbytes + one.retained_bytes, seconds + one.wall_s
    watch.ended.clear()  # they refer to the watch
    uses = (ImportUse(package, nbytes, seconds) for package, (nbytes, seconds) in totals.items())
    return tuple(sorted(uses, key=lambda use: -use.retained_bytes))


_LEFT: list[Watch] = []  # watches whose finder stands in a list of finders


def _take_out() -> None:
    """Take the finders of ended watches out, unless another thread is importing: it would skip the one after ours.

    It then stands there and does nothing until the next end.
    """
    if _others_import():
        return
    for watch in [watch for watch in _LEFT if watch.is_off]:
        _LEFT.remove(watch)
        for finders in (watch.finders, sys.meta_path):  # the cell may have put another list there
            if isinstance(finders, list):
                _drop(finders, watch)


def _drop(finders: list[Any], watch: Watch) -> None:
    """Remove by identity: finders may define equality."""
    for place in reversed(range(len(finders))):
        if finders[place] is watch:
            del finders[place]


def _locks() -> dict[str, Any]:
    """Return the locks of the imports that run; empty in a Python that keeps them elsewhere: it shows no imports."""
    return getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})


def _lock_of(name: str) -> Any | None:
    """Return the lock that this thread holds to import ``name``; None where it only looks for it."""
    reference = _locks().get(name)
    lock = reference() if reference is not None else None
    return lock if getattr(lock, "owner", None) == threading.get_ident() else None


def _others_import() -> bool:
    """Tell whether another thread is at an import."""
    locks = [reference() for reference in list(_locks().values())]
    return any(lock is not None and getattr(lock, "owner", None) != threading.get_ident() for lock in locks)


def _resident_bytes() -> int:
    return spans().counter.read().resident_bytes
