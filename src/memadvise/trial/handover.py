"""Values of the kernel's namespace -> a child process: one pickle, and large memory in a file that the child maps."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

from memadvise.trial.mapped import BUFFERS, Mapped, Refused, Sink
from memadvise.trial.pickling import Pickler, Stream
from memadvise.trial.rebuilt import reading

VALUES, PLACES = "values.pickle", "places.pickle"
MOST_SECONDS = 30.0
_DEEPEST = 4


class _Late(Exception):  # noqa: N818 (no error: an answer)
    """The hand-over takes too long."""


@dataclass(frozen=True)
class Handed:
    """What went into the folder: ``names``, in ``nbytes`` and ``seconds``; ``refused`` are pairs of name and reason.

    A name in ``refused`` may be a path (``config["conn"]``): then nothing of ``config`` was handed over.
    """

    names: tuple[str, ...]
    nbytes: int
    seconds: float
    refused: tuple[tuple[str, str], ...] = ()


def hand_over(
    values: Mapping[str, object],
    folder: Path,
    *,
    most_bytes: int | None = None,
    most_seconds: float = MOST_SECONDS,
) -> Handed:
    """Write values into a folder, for `take_over` in another process. Shared objects stay shared.

    What can't be handed over soundly is left out and said. Changes nothing of the values, runs no code of the
    notebook's classes; Python's and NumPy's own random states go along.
    """
    start = time.monotonic()
    check = _clock(start + most_seconds)
    left = dict(values)
    refused: list[tuple[str, str]] = []
    while True:
        try:
            nbytes = _write(left, folder, most_bytes, check)
            break
        except Exception as error:
            if not left:  # the folder itself can't be written to
                raise
            found = _culprits(left, most_bytes, check, error)
            refused += [(place, reason) for _, place, reason in found]
            for name, _, _ in found:
                left.pop(name, None)
    return Handed(tuple(left), nbytes, time.monotonic() - start, tuple(refused))


def _clock(until: float) -> Callable[[], None]:
    def check() -> None:
        if time.monotonic() > until:
            raise _Late

    return check


def _write(values: dict[str, object], folder: Path, most_bytes: int | None, check: Callable[[], None]) -> int:
    with (folder / VALUES).open("wb") as file, (folder / BUFFERS).open("wb") as buffers:
        sink = Sink(buffers, most_bytes, check if values else _clock(float("inf")))
        Pickler(Stream(file, sink), sink).dump({"values": values, "random": _random_states()})
    (folder / PLACES).write_bytes(pickle.dumps(sink.places))
    return sink.nbytes


def _random_states() -> dict[str, Any]:
    states: dict[str, Any] = {}
    if "random" in sys.modules:
        states["random"] = sys.modules["random"].getstate()
    if "numpy.random" in sys.modules:
        states["numpy"] = sys.modules["numpy.random"].get_state()
    return states


def _culprits(
    values: dict[str, object], most_bytes: int | None, check: Callable[[], None], error: Exception
) -> list[tuple[str, str, str]]:
    """Return (name, place, reason) of each value that can't be handed over; of all where only together they can't."""
    if isinstance(error, _Late):
        return [(name, name, "takes too long to hand over") for name in values]
    found, sizes = [], {}
    for name, value in values.items():
        try:
            sizes[name] = _probe(value, most_bytes, check)
        except Exception as alone:  # noqa: BLE001 (whatever pickling a strange value raises)
            found.append((name, *_place(name, value, alone, check)))
    if found:
        return found
    reason = _reason(error)
    if "larger" in reason:
        name = max(sizes, key=sizes.__getitem__)
        return [(name, name, reason)]
    pair = _together(values, check) or tuple(values)
    return [(name, name, reason) for name in pair]


def _probe(value: object, most_bytes: int | None, check: Callable[[], None]) -> int:
    """Return the bytes that the value would take, writing nothing."""
    sink = Sink(None, most_bytes, check)
    Pickler(Stream(None, sink), sink).dump(value)
    return sink.nbytes


def _together(values: dict[str, object], check: Callable[[], None]) -> tuple[str, ...]:
    """Return the names that are fine alone and not together: each that fails behind all before it, and its partner."""
    names = list(values)
    for place, name in enumerate(names):
        for other in names[:place]:
            try:
                _probe((values[other], values[name]), None, check)
            except Exception:  # noqa: BLE001 (whatever pickling a strange value raises)
                return other, name
    return ()


def _place(name: str, value: object, error: Exception, check: Callable[[], None], depth: int = 0) -> tuple[str, str]:
    """Return where in a value the culprit is, as the person would write it, and the reason."""
    inner: Iterator[tuple[str, object]] = iter(())
    if type(value) is dict and depth < _DEEPEST and len(value) < 1000:
        inner = ((f"{name}[{key!r}]", item) for key, item in value.items() if type(key) in (str, int))
    elif type(value) in (list, tuple) and depth < _DEEPEST and len(value) < 1000:  # type: ignore[arg-type]
        inner = ((f"{name}[{place}]", item) for place, item in enumerate(value))  # type: ignore[arg-type, var-annotated]
    for place, item in inner:
        try:
            _probe(item, None, check)
        except Exception as inside:  # noqa: BLE001 (whatever pickling a strange value raises)
            return _place(place.replace("'", '"'), item, inside, check, depth + 1)
    reason = _reason(error)
    if isinstance(error, Refused) and not _is_itself(value, reason):
        reason = f"holds what can't be handed over: something in it {reason}"
    return name, reason


def _is_itself(value: object, reason: str) -> bool:
    from memadvise.trial.refused import why_not

    return why_not(value) == reason or "memory" in reason or "larger" in reason or "mapped" in reason


def _reason(error: Exception) -> str:
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, _Late):
        return "takes too long to hand over"
    return f"has code of its own for pickling that failed: {type(error).__name__}: {error}"[:200]


def take_over(folder: Path, namespace: dict[str, Any] | None = None) -> dict[str, object]:
    """Return what `hand_over` wrote, in ``namespace`` if one is given: functions of the notebook have it as globals.

    To be called once, in a fresh process: random states are set, modules imported.
    """
    found = {} if namespace is None else namespace
    builtins: dict[str, Any] = {name: found[name] for name in ("__builtins__", "__builtin__") if name in found}
    mapped = Mapped(folder / BUFFERS)
    places = pickle.loads((folder / PLACES).read_bytes())
    with reading(mapped, found), (folder / VALUES).open("rb") as file:
        loaded = pickle.load(file, buffers=(mapped.part(*place) for place in places))
    if namespace is None:
        found.pop("__builtins__", None)  # set again by whoever runs code in it
    found.update(builtins)
    found.update(loaded["values"])
    _set_random_states(loaded["random"])
    return found


def _set_random_states(states: dict[str, Any]) -> None:
    if "random" in states:
        import random

        random.setstate(states["random"])
    if "numpy" in states:
        import numpy as np

        np.random.set_state(states["numpy"])


def closure_of(names: frozenset[str], namespace: Mapping[str, object]) -> frozenset[str]:
    """Return the names, and those that functions and classes of the notebook among their values mention, and so on."""
    found = {name for name in names if name in namespace}
    todo = list(found)
    while todo:
        mentioned = {name for code in _codes(namespace[todo.pop()], set()) for name in _mentioned(code)}
        new = {name for name in mentioned if name in namespace} - found
        found |= new
        todo += new
    return frozenset(found)


def _codes(value: object, seen: set[int], depth: int = 0) -> Iterator[CodeType]:
    if depth > _DEEPEST or id(value) in seen:
        return
    seen.add(id(value))
    inner: list[object] = []
    if isinstance(value, FunctionType):
        if value.__globals__.get("__name__") != "__main__":
            return
        yield value.__code__
        inner = [cell.cell_contents for cell in value.__closure__ or () if cell != type(cell)()]
        inner += [*(value.__defaults__ or ()), *value.__dict__.values()]
    elif isinstance(value, type):
        inner = list(vars(value).values()) if value.__dict__.get("__module__") == "__main__" else []
        inner += [base for base in type.mro(value)[1:] if inner and base is not object]
    elif isinstance(value, staticmethod | classmethod | MethodType):
        inner = [value.__func__]
    elif isinstance(value, property):
        inner = [value.fget, value.fset, value.fdel]
    elif isinstance(value, partial):
        inner = [value.func, *value.args, *value.keywords.values()]
    elif type(value) in (list, tuple, dict) and len(value) < 1000:  # type: ignore[arg-type]
        inner = list(value.values() if type(value) is dict else value)  # type: ignore[call-overload]
    else:
        inner = [type(value)]
    for item in inner:
        yield from _codes(item, seen, depth + 1)


def _mentioned(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _mentioned(constant)
