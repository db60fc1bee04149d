"""Warnings of our own doing are not shown, and the person's warnings are left as they were."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Show no warning inside.

    Not `warnings.catch_warnings`: that makes Python forget which warnings the person has seen already, so that a later
    cell would show them once more.
    """
    show = warnings.showwarning
    warnings.showwarning = _nothing
    try:
        yield
    finally:
        warnings.showwarning = show


def _nothing(*_: object, **__: object) -> None:
    return None
