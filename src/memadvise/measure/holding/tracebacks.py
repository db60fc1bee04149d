"""The frames that are kept after an exception, for `%tb` and `%debug`, with all their locals."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any

from memadvise.measure.sizing.kinds import NOT_DATA

LAST = ("last_exc", "last_value", "last_traceback", "last_type")  # of ``sys``
MOST_FRAMES = 2000


def kept(shell: Any) -> list[object]:
    """Return the exceptions and tracebacks that the interpreter and the shell keep of the last cells that raised."""
    last = getattr(shell, "last_execution_result", None)
    formatter = getattr(shell, "InteractiveTB", None)
    found = [
        *(getattr(sys, name, None) for name in LAST),
        getattr(last, "error_in_exec", None),
        getattr(last, "error_before_exec", None),
        getattr(formatter, "tb", None),
        getattr(formatter, "etb", None),
    ]
    return [one for one in found if issubclass(type(one), (BaseException, TracebackType))]


def forget(shell: Any) -> None:
    """Drop what `kept` finds, and what `%debug` left behind: `%tb` and `%debug` have nothing to show then.

    The frames themselves are not cleared: an exception that the person has in a variable stays as it is.
    """
    for name in LAST:
        if hasattr(sys, name):
            delattr(sys, name)
    formatter = getattr(shell, "InteractiveTB", None)
    for name in ("tb", "etb", "pdb"):
        if getattr(formatter, name, None) is not None:
            setattr(formatter, name, None)
    last = getattr(shell, "last_execution_result", None)
    if getattr(last, "error_in_exec", None) is not None:
        shell.last_execution_result = None  # at the end of this cell the shell puts the cell's own there


def frames(roots: Iterable[object]) -> Iterator[FrameType]:
    """Yield the frames of exceptions and tracebacks, causes and contexts included, each once; bounded in number."""
    waiting, seen = list(roots), set[int]()
    while waiting and len(seen) < MOST_FRAMES:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, TracebackType):
            waiting.append(one.tb_next)
            if id(one.tb_frame) not in seen:
                seen.add(id(one.tb_frame))
                yield one.tb_frame
        elif issubclass(type(one), BaseException):
            waiting += _reached_from(one)


def _reached_from(error: object) -> list[object]:
    """Return its traceback, cause, context and, of a group, its members: read past what its class makes of them."""
    found = [BaseException.__dict__[name].__get__(error) for name in ("__context__", "__cause__", "__traceback__")]
    if issubclass(type(error), BaseExceptionGroup):
        found += BaseExceptionGroup.__dict__["exceptions"].__get__(error)
    return found


def held_by(frame: FrameType) -> list[object]:
    """Return the locals of a frame that ended, without making a dict of them: the frame would keep that."""
    return [value for value in gc.get_referents(frame) if not issubclass(type(value), NOT_DATA)]
