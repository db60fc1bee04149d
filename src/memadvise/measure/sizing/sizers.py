"""Which function sizes the values of which class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from memadvise.measure.sizing.kinds import OfClasses, bases_of, library_of, loaded

Sizer = Callable[[Any, Any, int], float]  # (the walk, the value, how deep it is) -> bytes


def register(module: str, names: str, sizer: Sizer) -> None:
    """Let ``sizer`` size the classes ``names`` (separated by spaces) of a library, once the person has imported it."""
    _of_libraries.extend((module, name, sizer) for name in names.split())


def register_builtin(kind: type, sizer: Sizer) -> None:
    """Let ``sizer`` size a class that is always there; the first that fits is taken, ``object`` last."""
    _of_builtins.append((kind, sizer))


_of_libraries: list[tuple[str, str, Sizer]] = []
_of_builtins: list[tuple[type, Sizer]] = []


def _sizer_of(kind: type) -> Sizer:
    roots = {library_of(base) for base in bases_of(kind)}
    for module, name, sizer in _of_libraries:
        if module.partition(".")[0] in roots:
            known = loaded(module, name)
            if known is not None and issubclass(kind, known):
                return sizer
    return next(sizer for base, sizer in _of_builtins if issubclass(kind, base))


sizer_of = OfClasses(_sizer_of)
"""Returns the way to size values of a class; by the real type, never by what ``__class__`` claims."""
